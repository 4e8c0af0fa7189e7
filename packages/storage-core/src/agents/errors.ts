import { StorageError } from "../errors.js";

/** Errors of the registry; the same on every backend. */
export const agentErrors = {
  notFound: (): StorageError =>
    new StorageError({ code: "not_found", message: "no agent with this agentId is registered; register it first" }),
  exists: (): StorageError =>
    new StorageError({
      code: "conflict",
      message: "an agent with this agentId is registered already; change it with update()",
    }),
  stale: (expected: number, actual: number): StorageError =>
    new StorageError({
      code: "conflict",
      message: `expected revision ${expected} but the agent is at revision ${actual}; read it again and repeat the change`,
    }),
};
