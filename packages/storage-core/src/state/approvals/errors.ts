import { StorageError } from "../../errors.js";

function conflict(message: string): StorageError {
  return new StorageError({ code: "conflict", message });
}

/** Refusals of the approval queue; the same on every store. */
export const approvalErrors = {
  notFound: (): StorageError =>
    new StorageError({
      code: "not_found",
      message: "no request with this requestId waits for approval or was decided lately; submit it first",
    }),
  otherRequest: (): StorageError =>
    conflict("another request has this requestId: agent, team, action, onExpiry or digest differ; use a new id"),
  otherDigest: (): StorageError =>
    conflict("the request is bound to another digest than the decision; look at the request again"),
  decided: (): StorageError => conflict("the request is decided already; read it to see how"),
  expired: (): StorageError => conflict("the request has expired and was decided by its default"),
  claimed: (): StorageError => conflict("another approver has claimed the request; wait until the lease is over"),
  notYours: (): StorageError => conflict("the request is not claimed by this approver; there is nothing to give back"),
};
