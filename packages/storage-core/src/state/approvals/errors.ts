import { StorageError } from "../../errors.js";

function conflict(message: string, remedy?: string): StorageError {
  return new StorageError({ code: "conflict", message, remedy });
}

/** Refusals of the approval queue; the same on every store. */
export const approvalErrors = {
  notFound: (): StorageError =>
    new StorageError({
      code: "not_found",
      message: "no request with this requestId is pending or was decided recently",
      remedy: "Submit it first.",
    }),
  otherRequest: (): StorageError =>
    conflict("another request has this requestId: agent, team, action, onExpiry or digest differ", "Use a new id."),
  otherDigest: (): StorageError =>
    conflict("the digest of the decision is not that of the request", "Read the request again."),
  decided: (): StorageError => conflict("the request has already been decided", "Read it to see the decision."),
  expired: (): StorageError => conflict("the request has expired, and its default decided it"),
  claimed: (): StorageError => conflict("another approver has claimed the request", "Wait until the lease expires."),
  contended: (rounds: number): StorageError =>
    new StorageError({
      code: "busy",
      message: `other processes changed the same requests ${rounds} times while the call tried to`,
      remedy: "Try again. If it stays, look for another program that writes to the store.",
    }),
  notYours: (): StorageError => conflict("this approver has not claimed the request, so there is nothing to release"),
};
