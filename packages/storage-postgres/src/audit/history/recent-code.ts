import { MAX_RECENT } from "./delivered.js";

/** Bits of one number. */
const BITS = 30;
/** Transactions this far below the newest one are bits; older ones are listed. Transactions of one log are close together. */
const MAX_WORDS = 4;
const NEAR = BITS * MAX_WORDS;

/** Recently delivered transactions in few characters, since a tail makes a position for each event. */
export interface RecentCode {
  /** The greatest one; 0 without any. */
  readonly newest: number;
  /** Bit `i` of word `w` stands for the transaction `30 * w + i` below the greatest one. */
  readonly words: readonly number[];
  /** How far below the greatest one the others are, ascending. */
  readonly far: readonly number[];
}

export const RECENT_LIMITS = { words: MAX_WORDS, word: 2 ** BITS - 1, far: MAX_RECENT, leastFar: NEAR } as const;

export function encodeRecent(recent: readonly number[]): RecentCode {
  let newest = 0;
  for (const xact of recent) if (xact > newest) newest = xact;
  const words: number[] = [];
  const far: number[] = [];
  for (const xact of recent) {
    const distance = newest - xact;
    if (distance >= NEAR) far.push(distance);
    else {
      const word = Math.floor(distance / BITS);
      while (words.length <= word) words.push(0);
      words[word] = (words[word] as number) | (1 << (distance % BITS));
    }
  }
  return { newest, words, far: far.length > 1 ? far.toSorted((a, b) => a - b) : far };
}

/** @returns ascending; `undefined` for what {@link encodeRecent} makes of no list */
export function decodeRecent({ newest, words, far }: RecentCode): number[] | undefined {
  const distances = words.flatMap((word, w) =>
    Array.from({ length: BITS }, (_, i) => w * BITS + i).filter((_, i) => (word & (1 << i)) !== 0),
  );
  distances.push(...far);
  const isMade =
    distances.length <= MAX_RECENT &&
    (distances.length === 0 ? newest === 0 && words.length === 0 : distances[0] === 0 && words.at(-1) !== 0) &&
    far.every((distance, i) => i === 0 || distance > (far[i - 1] as number)) &&
    distances.every((distance) => distance <= newest);
  return isMade ? distances.map((distance) => newest - distance).toReversed() : undefined;
}
