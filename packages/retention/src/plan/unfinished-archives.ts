import type { ArchiveRecord, TierStore } from "@agent-assembly/storage-core";

/**
 * The archives that a run has begun and not ended. Those that are ended grow in number with the age of the store, so they
 * are not asked for.
 */
export async function unfinishedArchives(tiers: TierStore): Promise<ArchiveRecord[]> {
  // In the order in which states follow each other: what moves on between the two questions is in one answer at least.
  const writing = await tiers.archives({ state: "writing" });
  const verified = await tiers.archives({ state: "verified" });
  const moved = new Set(verified.map(({ archiveId }) => archiveId));
  return [...verified, ...writing.filter(({ archiveId }) => !moved.has(archiveId))];
}
