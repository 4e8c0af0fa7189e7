import { isStorageError, type StorageError } from "@agent-assembly/storage-core";
import { guardState, type StatePort } from "@agent-assembly/storage-core/state";

export interface LazyPortOptions<P> {
  /** As in the names of operations. */
  readonly role: string;
  /** As errors name it. */
  readonly backend: string;
  /** The methods that answer with a promise, `close` left out. */
  readonly operations: readonly (keyof P & string)[];
  /** Opens it; when that fails, the next call tries again. */
  readonly open: () => Promise<P>;
  /** What answers where it cannot be opened, `health` at least; other calls throw the error. */
  readonly without: (problem: StorageError) => Partial<P>;
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** A port that is opened when it is first used. */
export function lazyPort<P extends StatePort>({ open, without, ...guard }: LazyPortOptions<P>): P {
  let opened: P | undefined;
  let opening: Promise<P> | undefined;
  const port = async (): Promise<P> => {
    opening ??= open();
    try {
      opened = await opening;
      return opened;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  const call =
    (method: keyof P & string): Method =>
    async (...args) => {
      let target: Partial<P> | undefined = opened;
      if (target === undefined) {
        try {
          target = await port();
        } catch (error) {
          if (!isStorageError(error)) throw error;
          target = without(error);
          if (target[method] === undefined) throw error;
        }
      }
      return (target[method] as Method).apply(target, args);
    };
  const close = async (): Promise<void> => {
    // What could not be opened need not be closed.
    await (await opening?.catch(() => undefined))?.close();
  };
  const methods = guard.operations.map((method) => [method, call(method)] as const);
  return guardState({ ...Object.fromEntries(methods), close, [Symbol.asyncDispose]: close } as unknown as P, guard);
}
