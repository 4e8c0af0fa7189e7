import type { StorageBackend } from "../backend.js";
import { StorageError } from "../errors.js";
import { interceptBackend, type WrappedBackend } from "../intercept.js";

/** Refuses every operation that writes with `permission_denied`. It has no `stateSupport`, which is for writing. */
export function readOnly(backend: StorageBackend): WrappedBackend {
  const wrapped = interceptBackend(backend, {
    async call({ name, access }, run) {
      if (access === "read") return run();
      throw new StorageError({
        code: "permission_denied",
        message: `${name} writes, and this storage was opened read-only`,
        remedy: "Use the storage itself to write.",
        operation: name,
        backend: backend.name,
      });
    },
    iterate: (_operation, run) => run(),
  });
  const { stateSupport: _, ...readable } = Object.getOwnPropertyDescriptors(wrapped);
  return Object.defineProperties({} as WrappedBackend, readable);
}
