import type { StorageBackend } from "../backend.js";
import { StorageError } from "../errors.js";
import { interceptBackend, type WrappedBackend } from "../intercept.js";
import { APPROVAL_OPERATIONS } from "../state/approvals/queue.js";
import { RATE_LIMIT_OPERATIONS } from "../state/rate-limits/limiter.js";

/** Ports of `openStorage` beside the backend's roles: what each can do, and which of it only reads. */
const PORTS: Readonly<Record<string, { readonly operations: readonly string[]; readonly reads: readonly string[] }>> = {
  approvals: { operations: APPROVAL_OPERATIONS, reads: ["get", "list", "wait", "health"] },
  rateLimits: { operations: RATE_LIMIT_OPERATIONS, reads: ["health"] },
};

/**
 * Refuses every operation that writes with `permission_denied`: of the backend, and of approvals and rate limits where it
 * has them. Without `stateSupport`, which is for writing.
 */
export function readOnly<B extends StorageBackend>(backend: B): WrappedBackend<B> {
  const refuse = (operation: string): never => {
    throw new StorageError({
      code: "permission_denied",
      message: `${operation} writes, and this storage was opened read-only`,
      remedy: "Use the storage itself to write.",
      operation,
      backend: backend.name,
    });
  };
  const wrapped = interceptBackend(backend, {
    call: async ({ name, access }, run) => (access === "read" ? run() : refuse(name)),
    iterate: (_operation, run) => run(),
  });
  const { stateSupport: _, ...readable } = Object.getOwnPropertyDescriptors(wrapped as WrappedBackend);
  const ports = Object.entries(PORTS).flatMap(([name, { operations, reads }]) => {
    const port: unknown = Reflect.get(backend, name);
    if (typeof port !== "object" || port === null) return [];
    const writes = operations.filter((operation) => !reads.includes(operation));
    const refusals = writes.map((operation) => [operation, async () => refuse(`${name}.${operation}`)] as const);
    return [[name, { value: { ...port, ...Object.fromEntries(refusals) }, enumerable: true }] as const];
  });
  return Object.defineProperties({} as WrappedBackend<B>, { ...readable, ...Object.fromEntries(ports) });
}
