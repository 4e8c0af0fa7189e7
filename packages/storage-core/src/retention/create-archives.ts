import type { KeyedTable } from "../records/keyed-table.js";
import type { ArchiveCatalog } from "./archive.js";
import { retentionErrors } from "./errors.js";
import {
  type ArchiveRow,
  isSameArchive,
  parseArchive,
  parseArchiveId,
  parseArchivesOptions,
  toArchiveRecord,
} from "./parse-archive.js";
import { recordArchiveStep } from "./recorded.js";

/** Implements the rules of {@link ArchiveCatalog} on a backend's table. */
export function createArchiveCatalog(table: KeyedTable<ArchiveRow>): ArchiveCatalog {
  return {
    async recordArchive(record, options) {
      const { archive, from } = parseArchive(record, options);
      await table.replace(
        archive.archiveId,
        (recorded) => {
          if (from === undefined) {
            if (recorded !== undefined) throw retentionErrors.archiveTaken();
          } else {
            if (recorded?.state !== from) throw retentionErrors.archiveMoved(from, recorded?.state);
            if (!isSameArchive(recorded, archive)) throw retentionErrors.otherArchive();
          }
          return archive;
        },
        recordArchiveStep,
      );
    },

    async forgetArchive(archiveId) {
      await table.replace(
        parseArchiveId("archiveId", archiveId),
        (recorded) => {
          if (recorded !== undefined && recorded.state !== "writing") {
            throw retentionErrors.archiveMoved("writing", recorded.state);
          }
          return undefined;
        },
        recordArchiveStep,
      );
    },

    async archives(options) {
      const state = parseArchivesOptions(options);
      const rows = await table.list({
        where: state && { member: "state", in: [state] },
        order: { by: ["startedAt", "archiveId"] },
      });
      return rows.map(toArchiveRecord);
    },
  };
}
