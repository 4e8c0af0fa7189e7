import type { ArchiveCatalog, ArchiveRecord, ArchiveState } from "@agent-assembly/storage-core";
import {
  type ArchiveRow,
  checkArchiveId,
  checkArchivesOptions,
  isSameArchive,
  parseArchive,
  retentionErrors,
  toArchiveRecord,
} from "@agent-assembly/storage-core/backend";
import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import { type Db, drizzleOn } from "../driver/drizzle.js";
import type { Pool } from "../driver/pool.js";
import { type Tables, tablesIn } from "../schema/tables.js";

/** The catalog of archives and their states. Each step is one statement: of several callers, one succeeds. */
export class Archives implements ArchiveCatalog {
  readonly #archives: Tables["archives"];

  constructor(private readonly pool: Pool) {
    this.#archives = tablesIn(pool.options.schema).archives;
  }

  async recordArchive(record: ArchiveRecord, options?: { readonly from?: ArchiveState | undefined }): Promise<void> {
    const { archive, from } = parseArchive(record, options);
    if (from === undefined) {
      const inserted = await this.#run((db) =>
        db.insert(this.#archives).values(archive).onConflictDoNothing().returning({ id: this.#archives.archiveId }),
      );
      if (inserted.length === 0) throw retentionErrors.archiveTaken();
      return;
    }
    const { state, rows, bytes } = archive;
    const updated = await this.#run((db) =>
      db
        .update(this.#archives)
        .set({ state, rows, bytes })
        .where(and(eq(this.#archives.state, from), this.#sameAs(archive)))
        .returning({ id: this.#archives.archiveId }),
    );
    if (updated.length > 0) return;
    const recorded = await this.#find(archive.archiveId);
    if (recorded?.state === from && !isSameArchive(recorded, archive)) throw retentionErrors.otherArchive();
    throw retentionErrors.archiveMoved(from, recorded?.state);
  }

  async forgetArchive(archiveId: string): Promise<void> {
    const id = checkArchiveId("archiveId", archiveId);
    const table = this.#archives;
    const deleted = await this.#run((db) =>
      db
        .delete(table)
        .where(and(eq(table.archiveId, id), eq(table.state, "writing")))
        .returning({ id: table.archiveId }),
    );
    const recorded = deleted.length > 0 ? undefined : await this.#find(id);
    if (recorded !== undefined) throw retentionErrors.archiveMoved("writing", recorded.state);
  }

  async archives(options?: { readonly state?: ArchiveState | undefined }): Promise<ArchiveRecord[]> {
    const state = checkArchivesOptions(options);
    const rows = await this.#run((db) =>
      db
        .select()
        .from(this.#archives)
        .where(state === undefined ? undefined : eq(this.#archives.state, state))
        .orderBy(asc(this.#archives.startedAt), asc(this.#archives.archiveId)),
    );
    return rows.map(toArchiveRecord);
  }

  async #find(archiveId: string): Promise<ArchiveRow | undefined> {
    const [row] = await this.#run((db) =>
      db.select().from(this.#archives).where(eq(this.#archives.archiveId, archiveId)),
    );
    return row;
  }

  /** True when all immutable members are equal. */
  #sameAs({ archiveId, dataset, partitionId, from, to, selection, asOf, url, startedAt }: ArchiveRow): SQL | undefined {
    const table = this.#archives;
    return and(
      eq(table.archiveId, archiveId),
      eq(table.dataset, dataset),
      eq(table.partitionId, partitionId),
      eq(table.from, from),
      eq(table.to, to),
      sql`${table.selection} IS NOT DISTINCT FROM ${selection}::text`,
      eq(table.asOf, asOf),
      eq(table.url, url),
      eq(table.startedAt, startedAt),
    );
  }

  /** Creates the promise here, because drizzle's own promises run the statement for each `await`. */
  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.pool.run(async (client) => work(drizzleOn(client)));
  }
}
