import type { StorageBackend } from "./backend.js";
import { OPERATIONS, type OperationName, OWN_OPERATIONS, ROLES } from "./operations.js";

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

/** A backend that is wrapped by {@link interceptBackend}: all members of the one it wraps, and `unwrap`. */
export type WrappedBackend<B extends StorageBackend = StorageBackend> = Omit<B, "unwrap"> & {
  /** The backend one layer below. */
  unwrap(): B;
};

type Method = (...args: unknown[]) => unknown;

/**
 * The same backend with an interceptor around every operation but `close`. Other members, of `B` or of its class, are
 * passed on as they are.
 */
export function interceptBackend<B extends StorageBackend>(backend: B, interceptor: Interceptor): WrappedBackend<B> {
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
    ROLES.flatMap((role) => {
      const target = backend[role];
      // Some roles are optional.
      if (target === undefined) return [];
      const methods = names
        .filter((name) => name.startsWith(`${role}.`))
        .map((name) => {
          const method = name.slice(role.length + 1);
          return [method, around(target, method, name)] as const;
        });
      return [[role, Object.fromEntries(methods)]];
    }),
  );
  const wrapped = {
    ...roles,
    ...Object.fromEntries(OWN_OPERATIONS.map((name) => [name, around(backend, name, name)])),
    close: () => backend.close(),
    [Symbol.asyncDispose]: () => backend.close(),
    unwrap: () => backend,
  };
  return passOn(backend, wrapped) as unknown as WrappedBackend<B>;
}

/** Gives `target` the members of `source` that it lacks; they are read from `source` each time. */
function passOn<T extends object>(source: object, target: T): T {
  for (let holder = source; holder !== Object.prototype && holder !== null; holder = Object.getPrototypeOf(holder)) {
    for (const key of Reflect.ownKeys(holder)) {
      if (key === "constructor" || Object.hasOwn(target, key)) continue;
      const { enumerable = false } = Object.getOwnPropertyDescriptor(holder, key) ?? {};
      const get = (): unknown => {
        const value: unknown = Reflect.get(source, key);
        return typeof value === "function" ? value.bind(source) : value;
      };
      Object.defineProperty(target, key, { get, enumerable, configurable: true });
    }
  }
  return target;
}
