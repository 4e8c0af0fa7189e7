import { type Partition, type PartitionSlice, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { countText, type EvidenceSupport } from "@agent-assembly/storage-core/backend";
import type { DropStatement } from "../leaf/entry.js";
import { type LeafRun, leafListDigest } from "../leaf/leaf-list.js";
import { LeafRuns } from "../leaf/leaf-runs.js";
import { readMoves } from "../log/read-moves.js";
import { unpackSeqs } from "../log/seq-list.js";
import { SeqSet } from "../log/seq-set.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { KeyCursor } from "../sealing/key-cursor.js";
import { utcDayOf } from "../sealing/log-writer.js";
import type { Sealer } from "../sealing/sealer.js";
import { stateDropped } from "./drop-result.js";

/** Rows of audit events that are about to be dropped, and what a statement says of it. */
export interface DropPlan extends PartitionSlice {
  readonly partition: Partition;
  /** Id of the retention run. */
  readonly run: string;
  /** SHA-256 of the retention policy, Base64. */
  readonly policy: string;
  /** What holds the events: its id, and the SHA-256 of its manifest, Base64. @default nothing */
  readonly archive?: { readonly id: string; readonly manifest: string } | undefined;
}

/** A drop that the log announces. */
export interface AnnouncedDrop {
  /** Leaf of the statement. */
  readonly leaf: number;
  /** How many events it names. */
  readonly events: number;
  /**
   * States which of the rows are gone; to be called behind the drop, also when that failed.
   * @returns the leaf of that statement; `undefined` where rows are left that are not as they were sealed, so that nothing is stated
   */
  done(): Promise<number | undefined>;
}

/**
 * States in the log which events a drop is about to remove, so that a verification knows what became of their rows. Seals first.
 * Call `done` behind the drop. Without it, a verification takes rows for dropped that were announced and are gone.
 * @throws `conflict` where rows of the slice are not sealed, or not as they were sealed; `not_found` without a log
 */
export async function announceDrop(storage: StorageBackend, sealer: Sealer, plan: DropPlan): Promise<AnnouncedDrop> {
  const { partition, run, policy, archive } = plan;
  await sealer.sealOnce();
  const support = evidenceOf(storage);
  const log = await requireLog(support);
  const { seqs, rows, days } = await sealedRows(storage, support, log.position, plan);
  const runs = await leavesOf(support, log.log, seqs, partition);
  const leaves = leafListDigest(runs);
  if (leaves.count !== rows) throw notSealed(rows - leaves.count);
  const statement: DropStatement = {
    t: "drop",
    v: 1,
    archive: archive?.id ?? null,
    at: new Date().toISOString(),
    days,
    intent: null,
    leaves,
    manifest: archive?.manifest ?? null,
    policy,
    run,
  };
  const leaf = await sealer.appendStatement(statement, JSON.stringify(runs));
  const announced = { leaf, statement, runs };
  return { leaf, events: rows, done: () => stateDropped({ support, log: log.log, sealer }, announced) };
}

interface SealedRows {
  readonly seqs: SeqSet;
  readonly rows: number;
  readonly days: Record<string, number>;
}

/** The rows of a slice, each of which must be sealed. Both lists have the order of `(ts, eventId)`. */
async function sealedRows(
  { retentionSupport }: StorageBackend,
  support: EvidenceSupport,
  position: string,
  { partition, selection, asOf }: DropPlan,
): Promise<SealedRows> {
  const seqs = new SeqSet();
  const days: Record<string, number> = {};
  let rows = 0;
  let unsealed = 0;
  const keys = new KeyCursor(support, position, PAGE);
  for await (const slice of retentionSupport.readRows(partition, { selection, asOf })) {
    for (const row of slice) {
      const key = await keys.find(row);
      rows++;
      if (key === undefined) {
        unsealed++;
        continue;
      }
      seqs.add(key.seq);
      const day = utcDayOf(row.ts);
      days[day] = (days[day] ?? 0) + 1;
    }
  }
  if (unsealed > 0) throw notSealed(unsealed);
  return { seqs, rows, days };
}

const PAGE = 4096;

/** The leaves that stand for rows of a partition. */
async function leavesOf(
  support: EvidenceSupport,
  log: number,
  seqs: SeqSet,
  { from, to }: Partition,
): Promise<readonly LeafRun[]> {
  const leaves = new LeafRuns();
  for (let next = 0; ; ) {
    const page = await support.batches(log, { from: next, limit: PAGE });
    const last = page.at(-1);
    const moves = await readMoves(support, log, next, last === undefined ? next : last.first + last.count);
    for (const batch of page) {
      if (batch.toTs < from.getTime() || batch.fromTs >= to.getTime()) continue;
      for (const [at, seq] of unpackSeqs(batch.seqs, batch.count).entries()) {
        const moved = moves.get(batch.first + at)?.seq;
        if (seqs.has(seq) || (moved !== undefined && seqs.has(moved))) leaves.add(batch.first + at);
      }
    }
    if (last === undefined || page.length < PAGE) return leaves.runs;
    next = last.first + last.count;
  }
}

function notSealed(rows: number): StorageError {
  return new StorageError({
    code: "conflict",
    message: `${countText(rows, "row")} of the slice ${rows === 1 ? "is" : "are"} not sealed, or not as sealed, so that nothing can be stated of them`,
    remedy: "Seal until nothing is left, verify the store, and measure the slice anew.",
  });
}
