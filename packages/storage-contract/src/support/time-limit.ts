/**
 * Waits no longer than a limit.
 * @param ms no limit when absent
 * @param what names the work in the error
 * @throws what the work throws, or an error that names it when it took too long; the work itself cannot be stopped
 */
export async function withinLimit<T>(work: Promise<T>, ms: number | undefined, what: string): Promise<T> {
  if (ms === undefined) return work;
  const late = (): Error => new Error(`${what} took longer than ${ms} ms`);
  const start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    const answer = await Promise.race([work, limit]);
    // Work that never gave the event loop a turn has held up the timer as well.
    if (performance.now() - start > ms) throw late();
    return answer;
  } finally {
    clearTimeout(timer);
  }
}
