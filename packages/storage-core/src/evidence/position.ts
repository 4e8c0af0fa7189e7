import { invalidArgument, StorageError } from "../errors.js";
import { describeShape } from "../support/describe.js";

/** What is wrong with a position of sealing. */
export const evidencePositionErrors = {
  /** A text that no store of this kind made. */
  damaged: (what: string, text: string): StorageError =>
    invalidArgument(what, `is no position of sealing in this store (${describeShape(text)})`),
  /** A position of a later state of the store. */
  ahead: (what: string): StorageError =>
    new StorageError({
      code: "conflict",
      option: what,
      message: "{option} is ahead of this store: it has lost events that were sealed",
      remedy: "Restore a newer state of the store, or begin another log.",
    }),
};

/**
 * Reads a position of a store whose rows are numbered in commit order: the number of the newest sealed row, or no text before
 * the first one.
 * @param newest number that was given to a row
 * @throws `invalid_argument` for another text; `conflict` for a number that was not given yet
 */
export function parseNumberedPosition(what: string, text: string, newest: number): number {
  if (!/^(?:[1-9]\d{0,15})?$/.test(text)) throw evidencePositionErrors.damaged(what, text);
  const seq = Number(text);
  if (seq > newest) throw evidencePositionErrors.ahead(what);
  return seq;
}

/** The position behind a row. @param seq 0 before the first one */
export function formatNumberedPosition(seq: number): string {
  return seq === 0 ? "" : String(seq);
}
