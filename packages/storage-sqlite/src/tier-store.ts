import { setImmediate as nextTurn } from "node:timers/promises";
import {
  checkDataset,
  checkDropOptions,
  checkKeys,
  checkObject,
  checkRun,
  checkRunsLimit,
  checkSegment,
  checkStoredEvents,
  eventsOf,
  type Lease,
  type NormalizedAuditFilter,
  type RetentionRun,
  type Segment,
  StorageError,
  type StoredEvent,
  type TierDataset,
  type TierStore,
  tierErrors,
  utcDay,
} from "@agent-assembly/storage-core";
import { desc } from "drizzle-orm";
import type { AuditReader } from "./audit-reader.js";
import type { AuditWriter } from "./audit-writer.js";
import type { SqliteDrizzle } from "./drizzle.js";
import type { IdleCheckpoint } from "./idle-checkpoint.js";
import type { Leases } from "./leases.js";
import type { ScanPool } from "./scan-pool.js";
import { retentionRuns } from "./schema.js";
import type { WriteQueue } from "./write-queue.js";

const DAY_MS = 86_400_000;
/** Rows of one transaction: a few milliseconds of work. */
const DROP_ROWS = 250;
/** What deleting a row adds to the log, about. */
const ROW_LOG_BYTES = 1000;
/** Pages given back to the file system at a time. */
const VACUUM_PAGES = 50;
const PAGE_BYTES = 8192;

export interface SqliteTierParts {
  readonly reader: AuditReader;
  readonly writer: AuditWriter;
  readonly queue: WriteQueue;
  readonly checkpoint: IdleCheckpoint;
  readonly scans: ScanPool;
  readonly db: SqliteDrizzle;
  readonly readDb: SqliteDrizzle;
  readonly leases: Leases;
}

/** Tiers on SQLite: a segment is a UTC day of events. */
export class SqliteTierStore implements TierStore {
  constructor(private readonly parts: SqliteTierParts) {}

  async segments(dataset: TierDataset): Promise<Segment[]> {
    // Metrics live in memory and are bounded there.
    if (checkDataset(dataset) === "metrics") return [];
    const days = await this.parts.scans.rows<[day: number, rows: number, bytes: number]>({
      // A row's other columns take about 250 bytes with their index entries.
      sql: `SELECT (ts - (ts % ? + ?) % ?) AS day, count(*), sum(250 + coalesce(octet_length(payload), 0))
            FROM audit_events GROUP BY day ORDER BY day`,
      values: [DAY_MS, DAY_MS, DAY_MS],
    });
    return days.map(([day, rows, bytes]) => ({ dataset, ...utcDay(day), rows, bytes, tier: "hot" }));
  }

  async compress(segment: Segment): Promise<Segment> {
    checkSegment(segment);
    throw new StorageError({ code: "unsupported", message: "SQLite cannot compress segments; see its capabilities" });
  }

  read(segment: Segment, options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterable<StoredEvent> {
    checkAudit(segment);
    checkObject("options", options);
    checkKeys("options", options, ["signal"]);
    return eventsOf(this.parts.reader.slices(dayFilter(segment), "oldest", options.signal));
  }

  /**
   * In steps of their own transactions, so that writers are kept waiting for milliseconds only. Rows that arrive after
   * they were counted stay.
   */
  async drop(segment: Segment, options: { readonly expect: { readonly rows: number } }): Promise<{ rows: number }> {
    checkAudit(segment);
    const expected = checkDropOptions(options);
    const range = [segment.from.getTime(), segment.to.getTime()] as const;
    const [counted] = await this.parts.scans.rows<[rows: number, newest: number | null]>({
      sql: "SELECT count(*), max(seq) FROM audit_events WHERE ts >= ? AND ts < ?",
      values: range,
    });
    const [rows, newest] = counted ?? [0, null];
    if (rows !== expected) throw tierErrors.changed(expected, rows);
    const remove = this.parts.queue.connection.prepare<[number, number, number | null, number]>(
      "DELETE FROM audit_events WHERE seq IN (SELECT seq FROM audit_events WHERE ts >= ? AND ts < ? AND seq <= ? LIMIT ?)",
    );
    let removed = 0;
    for (;;) {
      const { changes } = await this.parts.queue.transaction(() => remove.run(...range, newest, DROP_ROWS));
      removed += changes;
      this.parts.checkpoint.wrote(changes * ROW_LOG_BYTES);
      this.parts.checkpoint.idle();
      if (changes < DROP_ROWS) break;
      await nextTurn();
    }
    await this.#vacuum();
    return { rows: removed };
  }

  async insert(events: readonly StoredEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }> {
    // Without a pause before the writer has them: a close that is called now waits for what the writer has.
    const rows = checkStoredEvents(events);
    if (rows.length === 0) return { inserted: 0, duplicates: 0, conflicts: 0 };
    const { inserted, duplicates, rejected } = await this.parts.writer.append(rows);
    return { inserted, duplicates, conflicts: rejected.length };
  }

  lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    return this.parts.leases.acquire(name, ttlMs);
  }

  async recordRun(run: RetentionRun): Promise<void> {
    const { startedAt, finishedAt, ...rest } = checkRun(run);
    const row = { ...rest, startedAt: startedAt.getTime(), finishedAt: finishedAt.getTime() };
    await this.parts.queue.transaction(() => {
      const { changes } = this.parts.db.insert(retentionRuns).values(row).onConflictDoNothing().run();
      if (changes === 0) throw tierErrors.duplicateRun();
    });
  }

  async runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]> {
    return this.parts.readDb
      .select()
      .from(retentionRuns)
      .orderBy(desc(retentionRuns.startedAt), desc(retentionRuns.runId))
      .limit(checkRunsLimit(options))
      .all()
      .map((row) => ({ ...row, startedAt: new Date(row.startedAt), finishedAt: new Date(row.finishedAt) }));
  }

  /** Gives free pages back to the file system, in steps between which others may write. */
  async #vacuum(): Promise<void> {
    for (;;) {
      const left = await this.parts.queue.exclusive(async (connection) => {
        const before = connection.pragma("freelist_count", { simple: true }) as number;
        if (before > 0) connection.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
        const after = connection.pragma("freelist_count", { simple: true }) as number;
        return after < before ? after : 0;
      });
      this.parts.checkpoint.wrote(VACUUM_PAGES * PAGE_BYTES);
      this.parts.checkpoint.idle();
      if (left === 0) return;
      await nextTurn();
    }
  }
}

function checkAudit(segment: Segment): void {
  if (checkSegment(segment).dataset === "metrics") throw tierErrors.metricsInMemory();
}

function dayFilter(segment: Segment): NormalizedAuditFilter {
  return {
    from: segment.from.getTime(),
    to: segment.to.getTime(),
    texts: [],
    dryRun: undefined,
    payload: [],
  };
}
