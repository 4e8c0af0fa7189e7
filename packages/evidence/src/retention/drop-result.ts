import { isStorageError } from "@agent-assembly/storage-core";
import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import type { DropStatement } from "../leaf/entry.js";
import { type LeafRun, leafListDigest } from "../leaf/leaf-list.js";
import { LeafLookup, LeafRuns } from "../leaf/leaf-runs.js";
import { utcDayOf } from "../sealing/log-writer.js";
import type { Sealer } from "../sealing/sealer.js";
import { rowsOfLeaves } from "./leaf-rows.js";

/** A drop that a statement announced. */
export interface DropIntent {
  /** Leaf of the statement. */
  readonly leaf: number;
  readonly statement: DropStatement;
  /** The leaves that it names. */
  readonly runs: readonly LeafRun[];
}

/** Where results are stated. */
export interface DropLog {
  readonly support: EvidenceSupport;
  /** Number of the log. */
  readonly log: number;
  readonly sealer: Sealer;
}

/**
 * States which of the announced rows are gone: all, some or none of them.
 * @returns the leaf of the statement; `undefined` where rows are left that are not of the days they were sealed for, so that
 *   nothing is stated
 */
export async function stateDropped(
  { support, log, sealer }: DropLog,
  { leaf, statement, runs }: DropIntent,
): Promise<number | undefined> {
  const left = await rowsLeft(support, log, runs);
  const days: Record<string, number> = { ...statement.days };
  for (const [day, rows] of left.days) {
    const gone = (days[day] ?? 0) - rows;
    if (gone < 0) return undefined;
    if (gone === 0) delete days[day];
    else days[day] = gone;
  }
  const gone = new LeafRuns();
  for (const [first, count] of runs) {
    for (let at = first; at < first + count; at++) if (!left.leaves.has(at)) gone.add(at);
  }
  const result = {
    ...statement,
    at: new Date().toISOString(),
    days,
    intent: leaf,
    leaves: leafListDigest(gone.runs),
  };
  return sealer.appendStatement(result, JSON.stringify(gone.runs));
}

/** The list beside a statement, if it is the one that the statement names. */
export function namedRuns(list: string | null, { leaves }: Pick<DropStatement, "leaves">): LeafRun[] | undefined {
  try {
    const parsed: unknown = JSON.parse(list ?? "null");
    if (!Array.isArray(parsed) || !parsed.every((run) => Array.isArray(run))) return undefined;
    const runs = parsed as unknown[] as LeafRun[];
    const { count, digest } = leafListDigest(runs);
    return count === leaves.count && digest === leaves.digest ? runs : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isStorageError(error, "invalid_argument")) return undefined;
    throw error;
  }
}

interface RowsLeft {
  readonly leaves: ReadonlySet<number>;
  readonly days: ReadonlyMap<string, number>;
}

async function rowsLeft(support: EvidenceSupport, log: number, runs: readonly LeafRun[]): Promise<RowsLeft> {
  const leaves = new Set<number>();
  const days = new Map<string, number>();
  const wanted = new LeafLookup([runs]);
  const last = runs.at(-1);
  const end = last === undefined ? 0 : last[0] + last[1];
  for await (const { leaf, event } of rowsOfLeaves(support, log, wanted, { start: runs[0]?.[0] ?? end, end })) {
    leaves.add(leaf);
    const day = utcDayOf(event.ts);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  return { leaves, days };
}
