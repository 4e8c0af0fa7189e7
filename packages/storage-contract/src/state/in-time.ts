/** Doubled with each attempt. */
const FIRST_MOMENT_MS = 500;
const ATTEMPTS = 5;
/** Of a moment: what a body may take beyond what it waits for. */
const SHARE = 0.4;

/** One attempt at something that has to be done within a moment. */
export interface Moment {
  /** How long the moment is, milliseconds. */
  readonly ms: number;
  /** For names: no other attempt of the case has the same. */
  readonly attempt: number;
  /** Waits by it do not count as being slow. */
  advance(ms: number): Promise<void>;
}

/**
 * Runs a body that asserts something of what it does within a moment. Where time passes by itself a machine may be too slow
 * for that. What was seen then says nothing, whether the body passed or failed: it runs again, on something fresh and with
 * a longer moment.
 * @param advance lets time pass
 * @throws what the body throws when it was in time; an error when the machine never was
 */
export async function inTime(
  advance: (ms: number) => Promise<void>,
  body: (moment: Moment) => Promise<void>,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ms = FIRST_MOMENT_MS * 2 ** attempt;
    let waited = 0;
    const moment: Moment = {
      ms,
      attempt,
      async advance(by) {
        await advance(by);
        waited += by;
      },
    };
    const start = performance.now();
    const [outcome] = await Promise.allSettled([body(moment)]);
    // A clock that is moved makes it even less.
    const taken = performance.now() - start - waited;
    if (taken > ms * SHARE) continue;
    if (outcome.status === "rejected") throw outcome.reason;
    return;
  }
  throw new Error(`the machine was too slow for a moment of ${FIRST_MOMENT_MS * 2 ** (ATTEMPTS - 1)} ms`);
}
