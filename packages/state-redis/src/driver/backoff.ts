const FIRST_MS = 25;
const LONGEST_MS = 2000;

/** How long to wait before attempt `n` (the first one that waits is 0): doubles, up to 2 s, with jitter. */
export function backoffMs(n: number): number {
  const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(n, 16));
  return pause * (0.5 + Math.random() / 2);
}
