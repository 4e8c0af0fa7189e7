import { type ErrorLocation, StorageError, withContext } from "../errors.js";
import { CallerAbort } from "../support/abort.js";

/** What every port of hot-path state can do besides its work. */
export interface StatePort extends AsyncDisposable {
  close(): Promise<void>;
}

/** Options of {@link guardState}. */
export interface GuardStateOptions<P> {
  /** First half of operation names: `approvals` makes `approvals.decide`. */
  readonly role: string;
  /** As errors name it: `memory`, `sqlite`, `redis`, ... */
  readonly backend: string;
  /** The methods that answer with a promise, `close` left out. */
  readonly operations: readonly (keyof P & string)[];
  /** The table from driver errors to codes. */
  readonly classify?: ((error: unknown) => StorageError) | undefined;
  /** As for `guardBackend`. */
  readonly location?: ErrorLocation | undefined;
}

type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * What is put around every port: calls after `close` are refused with `closed`, every error is a StorageError that
 * names operation and backend, and `close` is idempotent.
 */
export function guardState<P extends StatePort>(port: P, options: GuardStateOptions<P>): P {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= port.close();
    return closing;
  };
  const around = (method: keyof P & string): Method => {
    const run = port[method] as Method;
    const { backend, location } = options;
    const context = { operation: `${options.role}.${method}`, backend, location };
    const fail = (error: unknown): never => {
      throw error instanceof CallerAbort ? error.reason : withContext(error, context, options.classify);
    };
    return async (...args) => {
      if (closing !== undefined) throw closedError({ operation: context.operation, backend });
      return run.apply(port, args).catch(fail);
    };
  };
  const methods = options.operations.map((method) => [method, around(method)] as const);
  return { ...Object.fromEntries(methods), close, [Symbol.asyncDispose]: close } as unknown as P;
}

export function closedError(context: { readonly operation?: string; readonly backend?: string } = {}): StorageError {
  return new StorageError({ code: "closed", message: "the object is closed", remedy: "Open it again.", ...context });
}
