import type { Clock } from "@agent-assembly/storage-core";
import {
  type AuditDriver,
  type ParsedSummaryRequest,
  planCounts,
  toAuditEvent,
} from "@agent-assembly/storage-core/backend";
import type { CountReader } from "../folding/reader.js";
import type { ScanPool } from "../scan/pool.js";
import { whereFilter } from "../sql/filter.js";
import type { AuditReader } from "./reader.js";
import { type SummaryGroup, selectSummary, summaryRows } from "./summary-sql.js";
import type { AuditTail } from "./tail.js";
import type { AuditWriter } from "./writer.js";

export interface SqliteAuditParts {
  readonly writer: AuditWriter;
  readonly reader: AuditReader;
  readonly tail: AuditTail;
  readonly scans: ScanPool;
  readonly counts: CountReader;
  /** Tells up to when events are expected. */
  readonly clock: Clock;
}

/** The audit log on SQLite. Writing, reading and following are left to its parts; what may scan runs in a thread. */
export function createSqliteAuditDriver({ writer, reader, tail, scans, counts, clock }: SqliteAuditParts): AuditDriver {
  return {
    append: (events, { restored = false, evidence } = {}) => writer.append(events, restored, evidence),
    page: async (filter, order, after, limit) => (await reader.page(filter, order, after, limit)).map(toAuditEvent),
    slices: (filter, order, signal) => reader.slices(filter, order, signal),
    follow: (filter, after, signal) => tail.follow(filter, after, signal),

    async count(filter) {
      const { plan } = await counts.choose(planCounts(filter, ALL, clock()), filter);
      const where = whereFilter(filter);
      const query =
        plan === undefined
          ? { sql: `SELECT count(*) FROM audit_events AS e ${where.sql}`, values: where.values }
          : selectSummary(filter, ALL, plan);
      const [row] = await scans.rows<[number]>(query);
      return row?.[0] ?? 0;
    },

    async summarize(filter, request) {
      const { plan } = await counts.choose(planCounts(filter, request, clock()), filter);
      return summaryRows(request, await scans.rows<SummaryGroup>(selectSummary(filter, request, plan)));
    },

    async explain(filter, request) {
      const { plan, backlog } = await counts.choose(planCounts(filter, request, clock()), filter);
      return { plan, uncounted: backlog };
    },
  };
}

/** All events are one group. */
const ALL: ParsedSummaryRequest = { bucket: undefined, dimensions: [], includeDropped: false, maxGroups: 1 };
