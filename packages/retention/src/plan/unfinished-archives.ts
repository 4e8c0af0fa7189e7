import type { ArchiveRecord, RetentionSupport } from "@agent-assembly/storage-core/backend";

/** The archives that a run began and did not finish. Finished ones grow in number with the age of the store. */
export async function unfinishedArchives(retentionSupport: RetentionSupport): Promise<ArchiveRecord[]> {
  // In the order of the states: an archive that changes between the two calls is in at least one result.
  const writing = await retentionSupport.archives({ state: "writing" });
  const verified = await retentionSupport.archives({ state: "verified" });
  const moved = new Set(verified.map(({ archiveId }) => archiveId));
  return [...verified, ...writing.filter(({ archiveId }) => !moved.has(archiveId))];
}
