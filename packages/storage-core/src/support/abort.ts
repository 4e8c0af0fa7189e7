/** Carries a caller's abort reason, whatever it is, through code that would take it for a failure of the store. */
export class CallerAbort extends Error {
  constructor(readonly reason: unknown) {
    super("aborted by the caller");
  }
}

/** As `signal.throwIfAborted()`, for use inside a backend: {@link guardBackend} hands the caller the very reason. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new CallerAbort(signal.reason);
}

/** What the work answers, or the caller's abort as soon as that comes; what the work does then is up to the one that began it. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let leave = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(new CallerAbort(signal.reason));
    leave = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    leave();
  }
}

const SOURCES = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * As `AbortSignal.any`, whose signal keeps none of those it is made of: of a collected `AbortSignal.timeout`, Node.js 20
 * forgets the time, and what waits for it waits for ever.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  const any = AbortSignal.any([...signals]);
  SOURCES.set(any, signals);
  return any;
}
