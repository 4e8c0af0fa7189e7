import { setImmediate as nextTurn } from "node:timers/promises";
import type { EvidenceEvent, EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import type { DayCounts } from "../leaf/entry.js";
import { LeafRuns } from "../leaf/leaf-runs.js";
import { logStatements } from "../log/log-statements.js";
import { readRows } from "../log/read-rows.js";
import type { SeqSet } from "../log/seq-set.js";
import { utcDayOf } from "../sealing/log-writer.js";
import { type BundleLeaves, hashAt, type LeafReader } from "../stored/leaf-reader.js";
import { StoredLeaf } from "../stored/stored-leaf.js";
import { TILE_WIDTH } from "../tree/tile.js";
import { Coverage, isRow, isUncovered, SLICE_LEAVES, type Slice } from "./coverage.js";
import type { DropRecords } from "./drop-records.js";
import type { ErasureCheck } from "./erasure-check.js";
import type { SealCheck } from "./seal-check.js";
import type { Span } from "./spans.js";
import type { WalkStart } from "./trusted-part.js";

/** A row that is not what its leaf says. */
export interface DifferingRow {
  readonly leaf: number;
  readonly row: EvidenceEvent;
}

/** Leaves between two seals of which rows are missing. */
export interface SealedRange {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
  /** Events of the range whose rows are not there, by UTC day; absent where its seal is not to be had. */
  readonly missing: ReadonlyMap<string, number> | undefined;
}

/** What a walk over the leaves of a log found. */
export interface Walked {
  /** Numbers of all rows that leaves stand for. */
  readonly sealed: SeqSet;
  /** Leaves that stand for events. */
  events: number;
  statements: number;
  /** Leaves whose row was dropped, as a statement says. */
  dropped: number;
  /** Leaves whose row could not be compared: their seed was destroyed, or tile or seeds are damaged. */
  uncompared: number;
  /** Leaves whose row is not there, and no statement says that it was dropped. */
  readonly missing: LeafRuns;
  readonly differing: DifferingRow[];
  /** By number of a row that is said to have been restored, by no statement: its leaf. */
  readonly unstated: Map<number, number>;
  /** Leaves of which nothing says what they stand for. */
  readonly uncovered: LeafRuns;
  /** Those with missing rows. */
  readonly ranges: SealedRange[];
  /** The last leaf that stands for an event; -1 without any. */
  lastEvent: number;
  /** Leaves that were passed over, since they concern no part of the range of time. */
  passed: number;
}

/** What a walk works with. */
export interface WalkParts {
  readonly support: EvidenceSupport;
  readonly log: EvidenceLog;
  /** Of the events behind the newest seal; absent where the log's own record of them is damaged. */
  readonly openDays: DayCounts | undefined;
  readonly leaves: LeafReader;
  readonly seals: SealCheck;
  readonly drops: DropRecords;
  readonly erasures: ErasureCheck;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((leaves: number, size: number) => void) | undefined;
  /** Leaves before it are not looked at. */
  readonly start: WalkStart;
  /** From the start on, all leaves of the log: those that are compared, and those that are passed over. */
  readonly spans: readonly Span[];
  /** Told of sizes up to which nothing was found. */
  readonly onClean: (size: number) => Promise<void>;
}

/** Rows that differ are kept up to this number; more of them say nothing more. */
const MOST_DIFFERING = 10_000;

/** Walks the leaves of a log, a bundle at a time, and compares each with its row or statement. */
export async function walk(parts: WalkParts): Promise<Walked> {
  const { support, log, leaves, signal, onProgress, start, spans } = parts;
  const walked: Walked = {
    sealed: start.sealed,
    events: start.events,
    statements: 0,
    dropped: 0,
    uncompared: 0,
    missing: new LeafRuns(),
    differing: [],
    unstated: new Map(),
    uncovered: new LeafRuns(),
    ranges: [],
    lastEvent: start.lastEvent,
    passed: 0,
  };
  const coverage = new Coverage(support, log.log);
  const range = new OpenRange(walked, start.leaf);
  for (const span of spans) {
    range.begin(span.start);
    if (!span.isRead) await passOver(span, walked, parts);
    const begin = Math.floor(span.start / TILE_WIDTH) * TILE_WIDTH;
    for (let first = begin; span.isRead && first < span.end; first += SLICE_LEAVES) {
      signal?.throwIfAborted();
      const slice = await coverage.slice(first, Math.min(SLICE_LEAVES, span.end - first));
      const bundles = await leaves.bundles(first / TILE_WIDTH, Math.ceil(slice.count / TILE_WIDTH));
      const rows = await rowsOf(slice, walked, parts, span.start);
      await compare(slice, bundles, rows, { parts, walked, range, from: span.start });
      onProgress?.(first + slice.count, log.size);
      if (isClean(parts, walked)) await parts.onClean(first + slice.count);
    }
  }
  range.close(log.size, parts.openDays);
  return walked;
}

/** Checks the statements alone: what they say counts for all leaves. */
async function passOver({ start, end, lastEvent }: Span, walked: Walked, parts: WalkParts): Promise<void> {
  const { support, log, leaves, seals, drops, signal, onProgress } = parts;
  for await (const stored of logStatements(support, log.log, start)) {
    if (stored.leaf >= end) break;
    signal?.throwIfAborted();
    await nextTurn();
    walked.statements++;
    await seals.statement(stored, (await leaves.place(stored.leaf)).hash);
  }
  walked.passed += end - start;
  if (lastEvent >= 0 && !drops.dropped.has(lastEvent)) walked.lastEvent = lastEvent;
  onProgress?.(end, log.size);
}

function isClean({ leaves, seals }: WalkParts, walked: Walked): boolean {
  const found = leaves.findings.length + seals.findings.length + seals.missing.size + walked.uncompared;
  return found + walked.missing.leaves + walked.differing.length + walked.uncovered.leaves === 0;
}

/**
 * The rows of a slice that are there.
 * @param from the first leaf that is looked at
 */
async function rowsOf(
  { first, rows, moves, places }: Slice,
  walked: Walked,
  { support, drops }: WalkParts,
  from: number,
): Promise<ReadonlyMap<number, EvidenceEvent>> {
  const own: number[] = [];
  const moved: number[] = [];
  const dropped = new Set<number>();
  for (const { leaf, seq } of moves.values()) if (drops.restored.has(leaf)) moved.push(seq);
  for (const [at, seq] of rows.entries()) {
    if (!isRow(seq) || first + at < from) continue;
    walked.sealed.add(seq);
    // A row that was dropped and is there again is compared, too.
    own.push(seq);
    if (drops.dropped.has(first + at)) dropped.add(seq);
    else walked.lastEvent = first + at;
  }
  return readRows(support, { own, moved, places, isExpected: (seq) => !dropped.has(seq) });
}

/** The row of a leaf: the one that it was sealed with, or the one that was restored in its place. */
function rowOf(
  leaf: number,
  seq: number,
  { moves }: Slice,
  rows: ReadonlyMap<number, EvidenceEvent>,
  { walked, parts: { drops } }: Comparing,
): EvidenceEvent | undefined {
  const own = rows.get(seq);
  const move = moves.get(leaf);
  if (own !== undefined || move === undefined) return own;
  if (!drops.restored.has(leaf)) {
    walked.unstated.set(move.seq, leaf);
    return undefined;
  }
  walked.sealed.add(move.seq);
  return rows.get(move.seq);
}

interface Comparing {
  readonly parts: WalkParts;
  readonly walked: Walked;
  readonly range: OpenRange;
  /** The first leaf that is looked at. */
  readonly from: number;
}

async function compare(
  slice: Slice,
  bundles: readonly BundleLeaves[],
  rows: ReadonlyMap<number, EvidenceEvent>,
  comparing: Comparing,
): Promise<void> {
  const { parts, walked, range, from } = comparing;
  const { seals, drops, erasures, leaves } = parts;
  let statementAt = slice.statements.filter(({ leaf }) => leaf < from).length;
  for (const [number, bundle] of bundles.entries()) {
    const { hashes, seeds } = bundle;
    // A bundle is some milliseconds of work.
    await nextTurn();
    const start = number * TILE_WIDTH;
    const end = Math.min(slice.count, start + TILE_WIDTH);
    const differing: DifferingRow[] = [];
    for (let at = Math.max(start, from - slice.first); at < end; at++) {
      const leaf = slice.first + at;
      const seq = slice.rows[at] as number;
      const hash = hashes === undefined ? undefined : hashAt(hashes, at - start);
      if (isUncovered(seq)) {
        walked.uncovered.add(leaf);
      } else if (!isRow(seq)) {
        const stored = slice.statements[statementAt++];
        walked.statements++;
        const statement = stored === undefined ? undefined : await seals.statement(stored, hash);
        if (stored?.kind === "seal") range.close(leaf, statement?.t === "seal" ? statement.days : undefined);
      } else {
        walked.events++;
        const row = rowOf(leaf, seq, slice, rows, comparing);
        if (row === undefined) {
          if (drops.dropped.has(leaf)) walked.dropped++;
          else walked.missing.add(leaf);
          range.lacks();
          continue;
        }
        range.found(row.event.ts);
        const kept = bundle.kept.get(leaf);
        // Of these the tile, or the seeds, are a finding already.
        if (hash === undefined || (seeds === undefined && kept === undefined)) {
          walked.uncompared++;
          continue;
        }
        const read = new StoredLeaf(hash, seeds?.[at - start], kept);
        const state = erasures.check(leaf, row, read.isSound ? read : ((await leaves.again(leaf)) ?? read));
        if (state === "uncompared") walked.uncompared++;
        else if (state === "differs") differing.push({ leaf, row });
      }
    }
    if (walked.differing.length < MOST_DIFFERING) walked.differing.push(...differing);
  }
}

/** The leaves behind the newest seal so far: how many of their events are there, by day. */
class OpenRange {
  #first: number;
  #isWhole = true;
  #present = new Map<string, number>();
  #day = { start: Number.NaN, name: "" };

  constructor(
    private readonly walked: Walked,
    first: number,
  ) {
    this.#first = first;
  }

  /** Goes on behind a seal. */
  begin(leaf: number): void {
    this.#first = leaf;
  }

  lacks(): void {
    this.#isWhole = false;
  }

  found(ts: number): void {
    if (!(ts >= this.#day.start && ts < this.#day.start + DAY_MS)) {
      this.#day = { start: Math.floor(ts / DAY_MS) * DAY_MS, name: utcDayOf(ts) };
    }
    this.#present.set(this.#day.name, (this.#present.get(this.#day.name) ?? 0) + 1);
  }

  /** @param days of all events of the range, as its seal has them */
  close(leaf: number, days: DayCounts | undefined): void {
    if (!this.#isWhole) {
      const missing =
        days === undefined
          ? undefined
          : new Map(
              Object.entries(days)
                .map(([day, events]): [string, number] => [day, events - (this.#present.get(day) ?? 0)])
                .filter(([, events]) => events > 0),
            );
      this.walked.ranges.push({ first: this.#first, end: leaf, missing });
    }
    this.#first = leaf + 1;
    this.#isWhole = true;
    this.#present = new Map();
  }
}

const DAY_MS = 86_400_000;
