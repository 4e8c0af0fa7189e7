import { setImmediate as nextTurn } from "node:timers/promises";
import type { AuditKey, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import { dayWithin, type TimeRange } from "../folder/selection.js";
import { parseEntry } from "../leaf/parse-entry.js";
import { keyBefore } from "../log/key-before.js";
import { logStatements } from "../log/log-statements.js";
import { readMoves } from "../log/read-moves.js";
import { unpackSeqs } from "../log/seq-list.js";
import { SeqSet } from "../log/seq-set.js";
import type { LeafRange } from "../tree/shape.js";

/** Leaves that a walk compares with their rows, or passes over. It begins behind a seal, and a seal is its last leaf but at the end. */
export interface Span extends LeafRange {
  readonly isRead: boolean;
  /** The last leaf in it that stands for an event, as its batches say; -1 without any, or where it is read. */
  readonly lastEvent: number;
}

/** What a walk over a range of time is planned from. */
export interface SpanParts {
  readonly support: EvidenceSupport;
  readonly log: number;
  /** Leaves. */
  readonly size: number;
  /** Behind the newest sealed event. */
  readonly position: string;
  /** The first leaf that is looked at: the first one of the log, or behind a seal. */
  readonly start: number;
  readonly signal: AbortSignal | undefined;
}

const KEY_PAGE = 4096;
const BATCH_PAGE = 64;
const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/**
 * Which leaves have to be read for a range of time: those of seals that count events on one of its days, those behind the newest
 * seal, and those that stand for a row which says that it is of the range. Where a seal does not say what it closes, its leaves are
 * read, too.
 */
export async function spansOf(parts: SpanParts, range: TimeRange): Promise<Span[]> {
  const seals: Span[] = [];
  let start = parts.start;
  for await (const { leaf, kind, entry } of logStatements(parts.support, parts.log, start)) {
    if (kind !== "seal" || leaf >= parts.size) continue;
    seals.push({ start, end: leaf + 1, isRead: isOfRange(entry, { start, end: leaf }, range), lastEvent: -1 });
    start = leaf + 1;
  }
  const rows = await rowsOf(parts, range);
  const spans = await withLeavesOf(parts, await withMovesOf(parts, seals, rows), rows);
  return start < parts.size ? [...spans, { start, end: parts.size, isRead: true, lastEvent: -1 }] : spans;
}

/** That the entry is the one that was sealed, is checked where all statements are. */
function isOfRange(entry: string, { start, end }: LeafRange, range: TimeRange): boolean {
  try {
    const seal = parseEntry(Buffer.from(entry));
    if (seal.t !== "seal" || seal.first !== start || seal.first + seal.count !== end) return true;
    return Object.keys(seal.days).some((day) => dayWithin(day, range) !== "none");
  } catch (error) {
    if (isEvidenceError(error)) return true;
    throw error;
  }
}

/** The rows that say that they are of the range. */
async function rowsOf({ support, position, signal }: SpanParts, { from, to }: TimeRange): Promise<SeqSet> {
  const rows = new SeqSet();
  let after = keyBeforeTime(from);
  for (;;) {
    signal?.throwIfAborted();
    const page = await support.keys(position, after, KEY_PAGE);
    for (const { seq, ts } of page) if (ts < to && seq >= 0) rows.add(seq);
    after = page.at(-1);
    if (page.length < KEY_PAGE || after === undefined || after.ts >= to) return rows;
  }
}

/** The last key before a time; `undefined` for the beginning. */
export function keyBeforeTime(from: number): AuditKey | undefined {
  return Number.isFinite(from) ? keyBefore({ ts: from, eventId: FIRST_ID }) : undefined;
}

/** The same spans; those of leaves that stand for one of the rows are read. */
async function withLeavesOf(
  { support, log, start, signal }: SpanParts,
  spans: readonly Span[],
  rows: SeqSet,
): Promise<Span[]> {
  const marked = [...spans];
  let at = 0;
  for (let from = start; ; ) {
    signal?.throwIfAborted();
    await nextTurn();
    const page = await support.batches(log, { from, limit: BATCH_PAGE });
    for (const { first, count, seqs } of page) {
      while (first >= (marked[at]?.end ?? Number.POSITIVE_INFINITY)) at++;
      const span = marked[at];
      if (span === undefined || span.isRead) continue;
      const lastEvent = first + count - 1;
      marked[at] = hasAny(seqs, count, rows) ? { ...span, isRead: true, lastEvent: -1 } : { ...span, lastEvent };
    }
    const last = page.at(-1);
    if (last === undefined || page.length < BATCH_PAGE) return marked;
    from = last.first + last.count;
  }
}

/** The same spans; those of leaves in whose place one of the rows was restored are read. */
async function withMovesOf(
  { support, log, start, size }: SpanParts,
  spans: readonly Span[],
  rows: SeqSet,
): Promise<Span[]> {
  const moves = await readMoves(support, log, start, size);
  const leaves = [...moves.values()].filter(({ seq }) => rows.has(seq)).map(({ leaf }) => leaf);
  let at = 0;
  return spans.map((span) => {
    while ((leaves[at] ?? span.start) < span.start) at++;
    return span.isRead || (leaves[at] ?? span.end) >= span.end ? span : { ...span, isRead: true };
  });
}

function hasAny(seqs: Uint8Array, count: number, rows: SeqSet): boolean {
  try {
    return unpackSeqs(seqs, count).some((seq) => rows.has(seq));
  } catch (error) {
    // What is damaged is looked at.
    if (isEvidenceError(error)) return true;
    throw error;
  }
}
