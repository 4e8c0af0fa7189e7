import type { AuditEvent, PartitionStore } from "@agent-assembly/storage-core";
import { checkKeys, checkObject } from "@agent-assembly/storage-core/backend";
import type { Archive, CheckedEventsOptions } from "../archive.js";

/** Where restored events go: a storage backend. */
export interface RestoreTarget {
  readonly partitions: Pick<PartitionStore, "restore">;
}

/** What happened to the events of an archive, in numbers of events. */
export interface RestoreResult {
  readonly inserted: number;
  /** Stored with the same content before. */
  readonly duplicates: number;
  /** Their key holds other content, which stays. */
  readonly conflicts: number;
}

/** Options of {@link restoreArchive}: which events, and how progress is reported. */
export interface RestoreOptions extends CheckedEventsOptions {
  /** The sums so far, after each batch. */
  readonly onProgress?: ((progress: RestoreResult) => void) | undefined;
}

const BATCH = 1000;

/**
 * Puts archived events back, a thousand at a time. Idempotent, so that an interrupted restore is simply repeated. Each
 * file's digest is checked before its events are used; an abort throws the signal's reason between batches.
 * @throws `corrupt` naming the file, its events not restored then; errors of the archive and of the target
 */
export async function restoreArchive(
  archive: Archive,
  target: RestoreTarget,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  checkObject("options", options);
  checkKeys("options", options, ["filter", "archiveId", "signal", "onProgress"]);
  const { onProgress, ...wanted } = options;
  let sums: RestoreResult = { inserted: 0, duplicates: 0, conflicts: 0 };
  let batch: AuditEvent[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const { inserted, duplicates, conflicts } = await target.partitions.restore(batch);
    batch = [];
    sums = {
      inserted: sums.inserted + inserted,
      duplicates: sums.duplicates + duplicates,
      conflicts: sums.conflicts + conflicts,
    };
    onProgress?.(sums);
  };
  for await (const event of archive.checkedEvents(wanted)) {
    if (batch.push(event) >= BATCH) await flush();
  }
  await flush();
  return sums;
}
