import type { DropAnnouncer } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";

/** States what a run drops in the log of a store whose events are sealed. Others do without the code for it. */
export function dropEvidence(storage: StorageBackend): DropAnnouncer {
  let made: Promise<DropAnnouncer> | undefined;
  const announcer = (): Promise<DropAnnouncer> => {
    made ??= import("@agent-assembly/evidence").then(({ dropAnnouncer }) => dropAnnouncer(storage));
    return made;
  };
  return {
    announceDrop: async (drop) => (await announcer()).announceDrop(drop),
    archiveRows: async (rows) => {
      const made = await announcer();
      if (made.archiveRows === undefined) throw new TypeError("the announcer does not archive evidence");
      return made.archiveRows(rows);
    },
    finishDrops: async () => (await announcer()).finishDrops(),
  };
}
