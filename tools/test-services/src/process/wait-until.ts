import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks `condition` every 20 ms until it answers something else than `undefined`, and gives that answer.
 * Answers `undefined` when `timeoutMs` have passed. Errors of `condition` are passed on.
 */
export async function waitUntil<T>(
  condition: () => T | undefined | Promise<T | undefined>,
  timeoutMs: number,
): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await condition();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) return undefined;
    await sleep(20);
  }
}
