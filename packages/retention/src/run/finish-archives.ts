import { isStorageError, type Partition, type PartitionMeasure, StorageError } from "@agent-assembly/storage-core";
import type { ArchiveRecord } from "@agent-assembly/storage-core/backend";
import type { Archive } from "../archive/archive.js";
import { discardAttempt, type ItemContext } from "./archive-item.js";
import { dropRows } from "./drop-rows.js";

/**
 * Ends what an earlier run left half done: attempts that were not verified are removed from the destination; what was
 * verified is verified again and then removed from the store; in a store that was restored since, its rows stay.
 * @returns how many rows were removed from the store
 * @throws `retention_failed` naming the file when an archived file is not as it was written; nothing is dropped then
 */
export async function finishArchive(record: ArchiveRecord, archive: Archive, context: ItemContext): Promise<number> {
  const { storage, signal, onProgress, onRows } = context;
  const { partitions, retentionSupport } = storage;
  if (record.state === "writing") {
    await discardAttempt(archive, record, retentionSupport);
    onProgress({ kind: "recovered", archive: record, how: "discarded" });
    return 0;
  }
  const partition = partitionOf(record);
  const part = { selection: record.selection, asOf: record.asOf };
  const rows = await rowsOf(partitions.measure(partition, part));
  if (rows === undefined) {
    // The files stay, and the rows too: a later archive takes them once more, and reading archives shows each event once.
    await retentionSupport.recordArchive({ ...record, state: "dropped" }, { from: "verified" });
    onProgress({ kind: "recovered", archive: record, how: "kept" });
    return 0;
  }
  if (rows > 0) {
    await verifyAgain(archive, record, signal);
    await dropRows(partitions, { partition, rows, ...part }, { signal, onRows });
  }
  await retentionSupport.recordArchive({ ...record, state: "dropped" }, { from: "verified" });
  onProgress({ kind: "recovered", archive: record, how: "resumed" });
  return rows;
}

/** @returns `undefined` for a position that a store, restored from a backup since, cannot place any more */
async function rowsOf(measured: Promise<PartitionMeasure>): Promise<number | undefined> {
  try {
    return (await measured).rows;
  } catch (error) {
    if (isStorageError(error, "invalid_argument") && error.option === "options.asOf") return undefined;
    throw error;
  }
}

async function verifyAgain(archive: Archive, record: ArchiveRecord, signal: AbortSignal): Promise<void> {
  const { archiveId, from, to } = record;
  let rows = 0;
  for await (const file of archive.verify({ archiveId, from, to, signal })) {
    if (file.status !== "ok") {
      throw new StorageError({
        code: "retention_failed",
        location: { kind: `${file.status} file`, place: `${archive.url}/${file.path}` },
        message: `${file.reason ?? "no reason given"}; its rows stay in the store`,
        remedy: "Restore the file from a copy.",
      });
    }
    rows += file.rows;
  }
  if (rows !== record.rows) {
    throw new StorageError({
      code: "retention_failed",
      location: { kind: "archive", place: archive.url },
      message: `it holds ${rows} rows of ${archiveId}, and ${record.rows} were recorded; the rows stay in the store`,
    });
  }
}

function partitionOf({ dataset, partitionId, from, to, rows, bytes }: ArchiveRecord): Partition {
  return { dataset, id: partitionId, from, to, rows, bytes, tier: "warm" };
}
