import {
  countText,
  type EvidenceEvent,
  type EvidenceSupport,
  toAuditEvent,
} from "@agent-assembly/storage-core/backend";
import type { Finding, FindingCode } from "../findings.js";
import { LeafLookup } from "../leaf/leaf-runs.js";
import { readMoves } from "../log/read-moves.js";
import { unpackSeqs } from "../log/seq-list.js";
import type { LeafReader } from "../stored/leaf-reader.js";
import type { RowsWithoutLeaf } from "./rows-without-leaf.js";
import type { DifferingRow, SealedRange, Walked } from "./walk.js";

/** What {@link reconcile} works with. */
export interface ReconcileParts {
  readonly support: EvidenceSupport;
  readonly log: number;
  readonly leaves: LeafReader;
  readonly walked: Walked;
  readonly extra: RowsWithoutLeaf;
  /** How many events the store counts as dropped, by UTC day; asked only where rows are missing that no statement names. */
  readonly counted: () => Promise<ReadonlyMap<string, number>>;
  /** Leaves at which a seal is missing. */
  readonly missingSeals: ReadonlySet<number>;
}

/** Leaves and rows that are compared with each other, pair by pair, to find those that were moved. */
const MOST_LEAVES = 4096;
const MOST_PAIRS = 20_000;
const PAGE = 4096;
/** Rows are expected in the order of their leaves, but for transactions that ended late. */
const WINDOW = 64;

/** Says what happened to leaves without their row, and to rows without a leaf. */
export async function reconcile(parts: ReconcileParts): Promise<Finding[]> {
  const { walked, extra, missingSeals } = parts;
  const findings: Finding[] = [];
  const uncovered = [...walked.uncovered].filter((leaf) => !missingSeals.has(leaf));
  for (const leaf of missingSeals)
    findings.push({ code: "seal_missing", leaf, detail: "the seal at this leaf is gone" });
  for (const [first, count] of runsOf(uncovered)) {
    const detail = `nothing says what ${leavesText(count)} from leaf ${first} stand for`;
    findings.push({ code: "unsealed_gap", leaf: first, detail });
  }
  if (walked.missing.leaves + walked.differing.length + extra.count === 0) return findings;

  const { missing, differing } = await findElsewhere(parts);
  const rows = await rowsOf(parts, extra.seqs);
  // What the leaves of a gap stand for are rows that nothing is wrong with.
  const free = await withoutUnstated(parts, await withoutGap(parts, uncovered, rows), findings);
  const moved = await findMoved(parts, missing.slice(0, MOST_LEAVES), differing, free);
  findings.push(...moved.findings);
  for (const { leaf, row } of differing) {
    if (moved.leaves.has(leaf)) {
      // Its place is taken by a row that is no leaf's.
      if (!moved.seqs.has(row.seq)) findings.push(inserted(row));
      continue;
    }
    if (moved.seqs.has(row.seq)) findings.push(deleted(leaf, "the row at its place is another leaf's"));
    else findings.push(at("edited", leaf, row, "the row is not what was sealed, or its salts are not"));
  }
  findings.push(
    ...(await explainMissing(
      parts,
      missing.filter((leaf) => !moved.leaves.has(leaf)),
    )),
  );
  findings.push(...free.filter(({ seq }) => !moved.seqs.has(seq)).map(inserted));
  const unseen = extra.count - extra.seqs.length;
  if (unseen > 0) {
    findings.push({ code: "inserted", detail: `${countText(unseen, "more row")} that no leaf stands for` });
  }
  return findings;
}

/** Rows whose `ts` was changed are outside the times of their batch. */
async function findElsewhere({
  support,
  log,
  leaves,
  walked,
}: ReconcileParts): Promise<{ missing: number[]; differing: DifferingRow[] }> {
  const missing = [...walked.missing];
  const differing = await stillDiffering(support, leaves, walked.differing);
  if (missing.length === 0 || missing.length > 16 * PAGE) return { missing, differing };
  const gone: number[] = [];
  for (let from = 0; from < missing.length; from += PAGE) {
    const part = missing.slice(from, from + PAGE);
    const seqs = await seqsOf(support, log, part);
    const moves = await readMoves(support, log, part[0] ?? 0, (part.at(-1) ?? -1) + 1);
    for (const { leaf, seq } of moves.values()) if (!walked.unstated.has(seq)) seqs.set(leaf, seq);
    const found = new Map((await support.rows([...seqs.values()])).map((row) => [row.seq, row]));
    for (const leaf of part) {
      const row = found.get(seqs.get(leaf) ?? -1);
      if (row === undefined) gone.push(leaf);
      else if (!(await isRowOf(leaves, leaf, row))) differing.push({ leaf, row });
    }
  }
  return { missing: gone, differing };
}

/** Without rows of which parts were erased while they were compared. */
async function stillDiffering(
  support: EvidenceSupport,
  leaves: LeafReader,
  differing: readonly DifferingRow[],
): Promise<DifferingRow[]> {
  leaves.forget();
  const found: DifferingRow[] = [];
  for (let from = 0; from < differing.length; from += PAGE) {
    const part = differing.slice(from, from + PAGE);
    const rows = new Map((await support.rows(part.map(({ row }) => row.seq))).map((row) => [row.seq, row]));
    for (const { leaf, row } of part) {
      const now = rows.get(row.seq) ?? row;
      if (!(await isRowOf(leaves, leaf, now))) found.push({ leaf, row: now });
    }
  }
  return found;
}

/** The numbers of the rows of leaves. */
async function seqsOf(support: EvidenceSupport, log: number, leaves: readonly number[]): Promise<Map<number, number>> {
  const seqs = new Map<number, number>();
  let batch: { readonly first: number; readonly seqs: readonly number[] } | undefined;
  for (const leaf of leaves) {
    if (batch === undefined || leaf >= batch.first + batch.seqs.length) {
      const [found] = await support.batches(log, { from: leaf, limit: 1 });
      batch = found === undefined ? undefined : { first: found.first, seqs: unpackSeqs(found.seqs, found.count) };
    }
    const seq = batch?.seqs[leaf - batch.first];
    if (seq !== undefined) seqs.set(leaf, seq);
  }
  return seqs;
}

async function rowsOf({ support }: ReconcileParts, seqs: readonly number[]): Promise<EvidenceEvent[]> {
  const rows: EvidenceEvent[] = [];
  for (let from = 0; from < seqs.length; from += PAGE) {
    rows.push(...(await support.rows(seqs.slice(from, from + PAGE))));
  }
  return rows.sort((a, b) => a.seq - b.seq);
}

/** The rows that no leaf of a gap stands for. */
async function withoutGap(
  { leaves }: ReconcileParts,
  uncovered: readonly number[],
  rows: readonly EvidenceEvent[],
): Promise<EvidenceEvent[]> {
  if (uncovered.length === 0) return [...rows];
  const open = [...uncovered];
  const free: EvidenceEvent[] = [];
  for (const row of rows) {
    let at = -1;
    for (const [place, leaf] of open.slice(0, WINDOW).entries()) {
      if (await isRowOf(leaves, leaf, row)) {
        at = place;
        break;
      }
    }
    if (at === -1) free.push(row);
    else open.splice(at, 1);
  }
  return free;
}

/** Finds rows that are said to have been restored, and of which the log says nothing. @returns the others */
async function withoutUnstated(
  { leaves, walked: { unstated } }: ReconcileParts,
  rows: readonly EvidenceEvent[],
  findings: Finding[],
): Promise<EvidenceEvent[]> {
  const others: EvidenceEvent[] = [];
  for (const row of rows) {
    const leaf = unstated.get(row.seq);
    if (leaf === undefined) others.push(row);
    else if (await isRowOf(leaves, leaf, row)) {
      findings.push(
        at("moved", leaf, row, "the row is back under another number, and no statement says that it was restored"),
      );
    } else findings.push(at("edited", leaf, row, "the row was restored, and is not what was sealed"));
  }
  return others;
}

/** Leaves whose row has another number than it was sealed with. */
async function findMoved(
  { leaves }: ReconcileParts,
  missing: readonly number[],
  differing: readonly DifferingRow[],
  free: readonly EvidenceEvent[],
): Promise<{ findings: Finding[]; leaves: Set<number>; seqs: Set<number> }> {
  const found = { findings: [] as Finding[], leaves: new Set<number>(), seqs: new Set<number>() };
  const candidates = [...missing, ...differing.map(({ leaf }) => leaf)];
  const rows = [...free, ...differing.map(({ row }) => row)];
  if (candidates.length * rows.length > MOST_PAIRS) return found;
  for (const leaf of candidates) {
    const sealed = await leaves.leaf(leaf);
    if (sealed === undefined) continue;
    for (const row of rows) {
      if (found.seqs.has(row.seq) || !sealed.isOf(toAuditEvent(row.event))) continue;
      found.findings.push(at("moved", leaf, row, "the row has another number than it was sealed with"));
      found.leaves.add(leaf);
      found.seqs.add(row.seq);
      break;
    }
  }
  return found;
}

async function isRowOf(leaves: LeafReader, leaf: number, row: EvidenceEvent): Promise<boolean> {
  const sealed = await leaves.leaf(leaf);
  return sealed?.isOf(toAuditEvent(row.event)) === true;
}

/** Missing rows: dropped by the store, cut off at the end of the log, or deleted. */
async function explainMissing({ walked, counted }: ReconcileParts, missing: readonly number[]): Promise<Finding[]> {
  if (missing.length === 0) return [];
  const dropped = droppedRanges(walked.ranges, await counted());
  const findings: Finding[] = [];
  const others = missing.filter((leaf) => !dropped.has(leaf));
  for (const [first, count] of runsOf(missing.filter((leaf) => dropped.has(leaf)))) {
    const detail = `the rows of ${leavesText(count)} from leaf ${first} were dropped, and no statement says so`;
    findings.push({ code: "dropped_without_record", leaf: first, detail });
  }
  const runs = runsOf(others);
  const last = runs.at(-1);
  if (last !== undefined && last[0] + last[1] - 1 === walked.lastEvent) {
    runs.pop();
    const detail = `the rows of the last ${countText(last[1], "sealed event")} are gone, from leaf ${last[0]}`;
    findings.push({ code: "truncated", leaf: last[0], detail });
  }
  for (const [first, count] of runs) {
    for (let leaf = first; leaf < first + count; leaf++) findings.push(deleted(leaf, "its row is gone"));
  }
  return findings;
}

/** The ranges all of whose missing events the store counts as dropped, with those that a statement names. */
function droppedRanges(ranges: readonly SealedRange[], counted: ReadonlyMap<string, number>): LeafLookup {
  const lacking = new Map<string, number>();
  for (const { missing } of ranges) {
    for (const [day, events] of missing ?? []) lacking.set(day, (lacking.get(day) ?? 0) + events);
  }
  const isDropped = (day: string): boolean => (counted.get(day) ?? 0) >= (lacking.get(day) ?? 0);
  const dropped = ranges.filter(({ missing }) => missing !== undefined && [...missing.keys()].every(isDropped));
  return new LeafLookup([dropped.map(({ first, end }) => [first, end - first] as const)]);
}

function inserted(row: EvidenceEvent): Finding {
  return { code: "inserted", ...placeOf(row), detail: "sealing has passed the row, and no leaf stands for it" };
}

function deleted(leaf: number, detail: string): Finding {
  return { code: "deleted", leaf, detail };
}

function at(code: FindingCode, leaf: number, row: EvidenceEvent, detail: string): Finding {
  return { code, leaf, ...placeOf(row), detail };
}

function placeOf({ seq, event }: EvidenceEvent): Pick<Finding, "seq" | "eventId"> {
  return { seq, eventId: event.eventId };
}

function leavesText(count: number): string {
  return count === 1 ? "1 leaf" : `${count} leaves`;
}

/** @param leaves ascending */
function runsOf(leaves: readonly number[]): [first: number, count: number][] {
  const runs: [number, number][] = [];
  for (const leaf of leaves) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === leaf) last[1]++;
    else runs.push([leaf, 1]);
  }
  return runs;
}
