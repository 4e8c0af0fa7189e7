import type { StorageBackend } from "./backend.js";
import { type ErrorLocation, StorageError, withContext } from "./errors.js";
import { interceptBackend } from "./intercept.js";
import { OPERATIONS, type OperationName } from "./operations.js";
import { guardLease } from "./retention/guard-lease.js";
import { CallerAbort } from "./support/abort.js";

/** Options of {@link guardBackend}. */
export interface GuardOptions {
  /** The backend's own table from driver errors to codes. */
  readonly classify?: (error: unknown) => StorageError;
  /** The database, for errors about it as a whole, and for those of `classify` that name its kind only. */
  readonly location?: ErrorLocation;
}

/**
 * What every backend puts around its stores: calls after `close` are refused with `closed`, every error is a
 * StorageError that names operation and backend, and `close` is idempotent and waits for the writes in flight.
 */
export function guardBackend<B extends StorageBackend>(backend: B, options: GuardOptions = {}): Omit<B, "unwrap"> {
  let closing: Promise<void> | undefined;
  let writes = 0;
  let whenIdle = (): void => undefined;
  const context = (operation: string) => ({ operation, backend: backend.name, location: options.location });
  const refuseClosed = (operation: string): void => {
    if (closing === undefined) return;
    throw new StorageError({
      code: "closed",
      message: "the storage is closed",
      remedy: "Open it again.",
      operation,
      backend: backend.name,
    });
  };
  const leave = (): void => {
    if (--writes === 0) whenIdle();
  };
  const succeeded = <T>(result: T): T => {
    leave();
    return result;
  };
  // One per operation, not one per call: thousands of appends may wait at the same time.
  const failures = new Map(
    (Object.keys(OPERATIONS) as OperationName[]).map((name) => [
      name,
      (error: unknown): never => {
        if (OPERATIONS[name].access === "write") leave();
        throw error instanceof CallerAbort ? error.reason : withContext(error, context(name), options.classify);
      },
    ]),
  );
  const call = <T>(name: OperationName, run: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      refuseClosed(name);
      const failed = failures.get(name);
      const running =
        signal === undefined ? run() : run().catch((error: unknown) => Promise.reject(orAbort(error, signal)));
      if (OPERATIONS[name].access === "read") return running.catch(failed);
      writes++;
      return running.then(succeeded, failed);
    } catch (error) {
      return Promise.reject(withContext(error, context(name), options.classify));
    }
  };
  const guarded = interceptBackend(backend, {
    call: ({ name }, run, args) => call(name, run, signalOf(args)),
    iterate({ name }, run, args) {
      refuseClosed(name);
      const signal = signalOf(args);
      const fail = (error: unknown): never => {
        const thrown = orAbort(error, signal);
        throw thrown instanceof CallerAbort ? thrown.reason : withContext(thrown, context(name), options.classify);
      };
      try {
        return mapErrors(run(), fail);
      } catch (error) {
        return fail(error);
      }
    },
  });
  const { retentionSupport } = guarded;
  const lease: typeof retentionSupport.lease = async (name, ttlMs) => {
    const held = await retentionSupport.lease(name, ttlMs);
    return held && guardLease(held, (run) => call("retentionSupport.lease", run));
  };
  Object.assign(guarded, { retentionSupport: { ...retentionSupport, lease } });
  const idle = async (): Promise<void> => {
    if (writes > 0) await new Promise<void>((resolve) => (whenIdle = resolve));
  };
  const close = (): Promise<void> => {
    closing ??= idle().then(() => backend.close());
    return closing;
  };
  const { unwrap: _innermost, ...surface } = Object.getOwnPropertyDescriptors(guarded);
  return Object.defineProperties({} as Omit<B, "unwrap">, {
    ...surface,
    close: { value: close, enumerable: true },
    [Symbol.asyncDispose]: { value: close },
  });
}

/** The signal among the options of an operation, which come last. */
function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  const signal = (args.at(-1) as { readonly signal?: unknown } | null | undefined)?.signal;
  return signal instanceof AbortSignal ? signal : undefined;
}

/** Behind a second guard the first one has thrown the reason itself: it is not a failure of the store either. */
function orAbort(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted === true && error === signal.reason ? new CallerAbort(error) : error;
}

function mapErrors<T>(source: AsyncIterable<T>, fail: (error: unknown) => never): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      return {
        next: () => iterator.next().catch(fail),
        return: async (value?: unknown) => (await iterator.return?.(value)) ?? { done: true, value: undefined },
      };
    },
  };
}
