import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { type ArchiveRecord, countText, type RetentionSupport, uuidV7 } from "@agent-assembly/storage-core/backend";
import type { Archive } from "../archive/archive.js";
import { manifestDigest } from "../archive/manifest/manifest.js";
import type { PlanItem } from "../plan/plan.js";
import { dropRows } from "./drop-rows.js";
import type { DropArchive, DropStatements } from "./drop-statements.js";
import type { OnProgress } from "./progress.js";

export interface ItemContext {
  readonly storage: Pick<StorageBackend, "partitions" | "holds" | "retentionSupport">;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly onRows: (rows: number) => void;
  /** Whether the counts of what is dropped stay. */
  readonly keepCounts: boolean;
  /** Where drops are stated. */
  readonly statements: DropStatements;
}

/**
 * Writes an item's rows to the archive and then removes them from the store, never the other way round. Each step is
 * recorded in the store before the next one begins, so the next run can continue after an interruption between any two
 * steps.
 */
export async function archiveItem(archive: Archive, item: PlanItem, context: ItemContext): Promise<void> {
  const { storage, signal, onProgress } = context;
  const { retentionSupport } = storage;
  const record = newRecord(archive, item);
  const { archiveId } = record;
  const step = (name: Extract<Parameters<OnProgress>[0], { kind: "archive" }>["step"]): void =>
    onProgress({ kind: "archive", item, archiveId, step: name });
  await retentionSupport.recordArchive(record);
  step("recorded");
  let written: { readonly verified: ArchiveRecord; readonly held: DropArchive };
  try {
    written = await writeAndPublish(archive, item, record, context, step);
  } catch (error) {
    await giveUp(archive, record, retentionSupport, error);
    throw error;
  }
  signal.throwIfAborted();
  await dropRows(storage.partitions, item, context, written.held);
  step("dropped");
  await retentionSupport.recordArchive({ ...written.verified, state: "dropped" }, { from: "verified" });
  step("finished");
}

function newRecord({ url }: Archive, { dataset, partition, selection, asOf, rows }: PlanItem): ArchiveRecord {
  if (asOf === undefined)
    throw new StorageError({
      code: "internal",
      message: `${dataset} has no positions in commit order, which archiving needs`,
    });
  return {
    archiveId: uuidV7(Date.now()),
    dataset,
    partitionId: partition.id,
    from: partition.from,
    to: partition.to,
    selection,
    asOf,
    url,
    state: "writing",
    rows,
    bytes: 0,
    startedAt: new Date(),
  };
}

async function writeAndPublish(
  archive: Archive,
  item: PlanItem,
  record: ArchiveRecord,
  { storage: { retentionSupport }, signal, onProgress, statements }: ItemContext,
  step: (name: "written" | "published" | "verified") => void,
): Promise<{ readonly verified: ArchiveRecord; readonly held: DropArchive }> {
  const { partition, selection, asOf, rows } = item;
  // Sealed before they are read: each row that is dropped later has a leaf.
  const evidence = await statements.archiveRows({ partition, selection, asOf });
  const entry = { archiveId: record.archiveId, partition, reason: item.reason, evidence };
  const manifest = await archive.write(entry, retentionSupport.readRows(partition, { selection, asOf, signal }), {
    signal,
    onProgress: (done) => onProgress({ kind: "rows", item, phase: "archiving", rows: done.rows }),
  });
  step("written");
  if (manifest.rows !== rows) {
    throw new StorageError({
      code: "conflict",
      message: `the partition ${partition.id} has ${countText(manifest.rows, "row")} to archive, and the plan has ${rows}`,
      remedy: "Plan again.",
    });
  }
  await archive.publish(manifest);
  step("published");
  const verified: ArchiveRecord = { ...record, state: "verified", bytes: manifest.bytes };
  // If another process took over meanwhile, it removed the attempt: this call fails then, and nothing is dropped.
  await retentionSupport.recordArchive(verified, { from: "writing" });
  step("verified");
  return { verified, held: { id: record.archiveId, manifest: manifestDigest(manifest) } };
}

/**
 * Nothing was dropped. The store still has a record of the attempt, so the next run removes what cannot be removed now.
 */
async function giveUp(
  archive: Archive,
  record: ArchiveRecord,
  retentionSupport: RetentionSupport,
  cause: unknown,
): Promise<void> {
  try {
    await discardAttempt(archive, record, retentionSupport);
  } catch (error) {
    // Report the first error; this one only explains why the attempt is still recorded.
    if (cause instanceof Error && cause.cause === undefined) cause.cause = error;
  }
}

/** Removes an attempt from the destination, then from the store's catalog. */
export async function discardAttempt(
  archive: Archive,
  record: ArchiveRecord,
  retentionSupport: RetentionSupport,
): Promise<void> {
  const { archiveId, from, to } = record;
  const [current] = (await retentionSupport.archives({ state: "writing" })).filter(
    (one) => one.archiveId === archiveId,
  );
  // The attempt belongs to another process now and must not be touched.
  if (current === undefined) return;
  await archive.discard({ archiveId, from, to });
  await retentionSupport.forgetArchive(archiveId);
}
