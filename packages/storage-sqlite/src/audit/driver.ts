import type { AuditDriver } from "@agent-assembly/storage-core/backend";
import type { ScanPool } from "../scan/pool.js";
import { whereFilter } from "./filter-sql.js";
import type { AuditReader } from "./reader.js";
import { type SummaryGroup, selectSummary, summaryRows } from "./summary-sql.js";
import type { AuditTail } from "./tail.js";
import type { AuditWriter } from "./writer.js";

export interface SqliteAuditParts {
  readonly writer: AuditWriter;
  readonly reader: AuditReader;
  readonly tail: AuditTail;
  readonly scans: ScanPool;
}

/** The audit log on SQLite. Writing, reading and following are left to its parts; what may scan runs in a thread. */
export function createSqliteAuditDriver({ writer, reader, tail, scans }: SqliteAuditParts): AuditDriver {
  return {
    append: (events) => writer.append(events),
    page: (filter, order, after, limit) => reader.page(filter, order, after, limit),
    slices: (filter, order, signal) => reader.slices(filter, order, signal),
    follow: (filter, after, signal) => tail.follow(filter, after, signal),

    async count(filter) {
      const where = whereFilter(filter);
      const [row] = await scans.rows<[number]>({
        sql: `SELECT count(*) FROM audit_events AS e ${where.sql}`,
        values: where.values,
      });
      return row?.[0] ?? 0;
    },

    async summarize(filter, request) {
      return summaryRows(request, await scans.rows<SummaryGroup>(selectSummary(filter, request)));
    },
  };
}
