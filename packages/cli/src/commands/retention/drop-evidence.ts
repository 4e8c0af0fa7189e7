import type { DropAnnouncer, RestoreAnnouncer } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";

/** States what a run drops in the log of a store whose events are sealed. Others do without the code for it. */
export function dropEvidence(storage: StorageBackend): DropAnnouncer {
  const announcer = once(() => import("@agent-assembly/evidence").then(({ dropAnnouncer }) => dropAnnouncer(storage)));
  return {
    announceDrop: async (drop) => (await announcer()).announceDrop(drop),
    archiveRows: async (rows) => (await announcer()).archiveRows(rows),
    finishDrops: async () => (await announcer()).finishDrops(),
  };
}

/** Keeps the places of restored events in the log of a store whose events are sealed. Others do without the code for it. */
export function restoreEvidence(storage: StorageBackend): RestoreAnnouncer {
  const announcer = once(async () => {
    const log = await storage.evidenceSupport?.log();
    if (log === undefined) return undefined;
    const { restoreAnnouncer } = await import("@agent-assembly/evidence");
    return restoreAnnouncer(storage);
  });
  return {
    leavesOf: async (restore) => (await announcer())?.leavesOf(restore),
    done: async (options) => (await announcer())?.done(options),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
