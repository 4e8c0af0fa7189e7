import { EvidenceError } from "../errors.js";
import type { DayCounts } from "../leaf/entry.js";
import { hashFromBase64 } from "../support/bytes.js";

/** What a log carries from one commit to the next, beside its tree: the chain of its seals, and what is behind the newest one. */
export interface SealChain {
  /** Seals so far. */
  readonly seals: number;
  /** Leaf hash of the newest one, Base64; null before the first. */
  readonly prev: string | null;
  /** The first leaf behind it. */
  readonly first: number;
  /** When that leaf was made, in milliseconds since the epoch; null where there is none yet. */
  readonly openedAt: number | null;
  /** Of the events behind it. */
  readonly days: DayCounts;
  /** Whether events wait that were there when sealing began, or that a gap was stated for. */
  readonly isBehind: boolean;
  /** When the log was begun, in milliseconds since the epoch: what happened to events before shows nowhere. */
  readonly begunAt: number;
}

/** @param begunAt milliseconds since the epoch */
export function newChain(begunAt: number): SealChain {
  return { seals: 0, prev: null, first: 0, openedAt: null, days: {}, isBehind: true, begunAt };
}

export function formatChain(chain: SealChain): string {
  return JSON.stringify(chain);
}

/** @throws `EvidenceError` `entry_malformed` */
export function parseChain(text: string): SealChain {
  let chain: unknown;
  try {
    chain = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (isChain(chain)) return chain;
  throw new EvidenceError(
    "entry_malformed",
    "the chain of the log in evidence_log is not what sealing writes there",
    "Restore the store from a backup, or begin another log.",
  );
}

function isChain(value: unknown): value is SealChain {
  if (typeof value !== "object" || value === null) return false;
  const { seals, prev, first, openedAt, days, isBehind, begunAt } = value as SealChain;
  return (
    isCount(seals) &&
    isCount(first) &&
    isCount(begunAt) &&
    (openedAt === null || isCount(openedAt)) &&
    typeof isBehind === "boolean" &&
    (prev === null ? seals === 0 : hashFromBase64(prev) !== undefined) &&
    typeof days === "object" &&
    days !== null &&
    Object.values(days).every(isCount)
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
