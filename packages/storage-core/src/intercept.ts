import type { StorageBackend } from "./backend.js";
import { OPERATIONS, type OperationName, ROLES } from "./operations.js";

/** The operation that an {@link Interceptor} is called for. */
export interface OperationInfo {
  readonly name: OperationName;
  readonly access: "read" | "write";
}

/** What happens around each operation of a backend. */
export interface Interceptor {
  /** @param args of the operation, as the caller gave them */
  call<T>(operation: OperationInfo, run: () => Promise<T>, args: readonly unknown[]): Promise<T>;
  /** `run` must be called at once, not at the first item: a tail starts where it was called. */
  iterate<T>(operation: OperationInfo, run: () => AsyncIterable<T>, args: readonly unknown[]): AsyncIterable<T>;
}

/** A backend that is wrapped by {@link interceptBackend}. */
export interface WrappedBackend extends StorageBackend {
  /** The backend one layer below. */
  unwrap(): StorageBackend;
}

type Method = (...args: unknown[]) => unknown;

/** The same backend with an interceptor around every operation but `close`; `stateSupport` is passed on as it is. */
export function interceptBackend(backend: StorageBackend, interceptor: Interceptor): WrappedBackend {
  const around = (target: object, method: string, name: OperationName): Method => {
    const { access, shape } = OPERATIONS[name];
    const operation: OperationInfo = { name, access };
    const run = (args: unknown[]): unknown => (target as Record<string, Method>)[method]?.apply(target, args);
    return shape === "iterate"
      ? (...args) => interceptor.iterate(operation, () => run(args) as AsyncIterable<unknown>, args)
      : (...args) => interceptor.call(operation, () => run(args) as Promise<unknown>, args);
  };
  const names = Object.keys(OPERATIONS) as OperationName[];
  const roles = Object.fromEntries(
    ROLES.map((role) => [
      role,
      Object.fromEntries(
        names
          .filter((name) => name.startsWith(`${role}.`))
          .map((name) => {
            const method = name.slice(role.length + 1);
            return [method, around(backend[role], method, name)];
          }),
      ),
    ]),
  ) as unknown as Pick<StorageBackend, (typeof ROLES)[number]>;
  return {
    name: backend.name,
    get capabilities() {
      return backend.capabilities;
    },
    ...roles,
    ...(backend.stateSupport !== undefined && { stateSupport: backend.stateSupport }),
    migrate: around(backend, "migrate", "migrate") as StorageBackend["migrate"],
    health: around(backend, "health", "health") as StorageBackend["health"],
    close: () => backend.close(),
    [Symbol.asyncDispose]: () => backend.close(),
    unwrap: () => backend,
  };
}
