import type { ArchiveCatalog, ArchiveRecord, ArchiveState } from "@agent-assembly/storage-core";
import {
  checkArchiveId,
  checkArchivesOptions,
  isSameArchive,
  parseArchive,
  retentionErrors,
  toArchiveRecord,
} from "@agent-assembly/storage-core/backend";
import { asc, eq } from "drizzle-orm";
import type { SqliteDrizzle } from "../driver/drizzle.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { archives } from "../schema/tables.js";

/** The catalog of archives. Its changes run one at a time, so that of several for one state one wins. */
export class SqliteArchives implements ArchiveCatalog {
  constructor(
    private readonly reader: SqliteDrizzle,
    private readonly writer: SqliteDrizzle,
    private readonly queue: WriteQueue,
  ) {}

  async recordArchive(record: ArchiveRecord, options?: { readonly from?: ArchiveState | undefined }): Promise<void> {
    const { archive, from } = parseArchive(record, options);
    await this.queue.transaction(() => {
      if (from === undefined) {
        const { changes } = this.writer.insert(archives).values(archive).onConflictDoNothing().run();
        if (changes === 0) throw retentionErrors.archiveTaken();
        return;
      }
      const wanted = eq(archives.archiveId, archive.archiveId);
      const recorded = this.writer.select().from(archives).where(wanted).get();
      if (recorded?.state !== from) throw retentionErrors.archiveMoved(from, recorded?.state);
      if (!isSameArchive(recorded, archive)) throw retentionErrors.otherArchive();
      this.writer.update(archives).set(archive).where(wanted).run();
    });
  }

  async forgetArchive(archiveId: string): Promise<void> {
    const wanted = eq(archives.archiveId, checkArchiveId("archiveId", archiveId));
    await this.queue.transaction(() => {
      const recorded = this.writer.select().from(archives).where(wanted).get();
      if (recorded === undefined) return;
      if (recorded.state !== "writing") throw retentionErrors.archiveMoved("writing", recorded.state);
      this.writer.delete(archives).where(wanted).run();
    });
  }

  async archives(options?: { readonly state?: ArchiveState | undefined }): Promise<ArchiveRecord[]> {
    const state = checkArchivesOptions(options);
    return this.reader
      .select()
      .from(archives)
      .where(state === undefined ? undefined : eq(archives.state, state))
      .orderBy(asc(archives.startedAt), asc(archives.archiveId))
      .all()
      .map(toArchiveRecord);
  }
}
