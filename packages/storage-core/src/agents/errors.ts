import { StorageError } from "../errors.js";

/** Errors of the registry; the same on every backend. */
export const agentErrors = {
  notFound: (): StorageError =>
    new StorageError({
      code: "not_found",
      message: "no agent with this agentId is registered",
      remedy: "Register it first.",
    }),
  exists: (): StorageError =>
    new StorageError({
      code: "conflict",
      message: "an agent with this agentId is registered already",
      remedy: "Change it with update().",
    }),
  stale: (expected: number, actual: number): StorageError =>
    new StorageError({
      code: "conflict",
      message: `expected revision ${expected} but the agent is at revision ${actual}`,
      remedy: "Read it again and repeat the change.",
    }),
};
