import type { AuditDriver } from "@agent-assembly/storage-core/backend";
import type { ReadRouter } from "../driver/read-server.js";
import { rows, type Statement } from "../driver/statement.js";
import { selectCount } from "./filter-sql.js";
import { type SummaryGroup, selectSummary, summaryRows } from "./summary-sql.js";
import type { AuditTail } from "./tail.js";
import type { AuditWriter } from "./writer.js";

export interface PostgresAuditParts {
  readonly writer: AuditWriter;
  readonly reads: ReadRouter;
  readonly reader: Pick<AuditDriver, "page" | "slices">;
  readonly tail: AuditTail;
  /** Quoted, with their schema. */
  readonly tables: { readonly events: string; readonly agents: string };
  /** Whether `recordedAt` is this process's time; the server sets it otherwise. */
  readonly keepsTime: boolean;
}

/** The audit log on PostgreSQL. Writing, reading and following are left to its parts. */
export function createPostgresAuditDriver(parts: PostgresAuditParts): AuditDriver {
  const { writer, reads, reader, tail, tables, keepsTime } = parts;
  // Not prepared: from the sixth time on the server might plan without the range, and walk an index to every row of it.
  const select = <Row extends readonly unknown[]>(statement: Statement): Promise<Row[]> =>
    reads.run((server) => server.read((sql) => rows<Row>(sql, statement, false)));
  return {
    append: (events, { restored = false } = {}) => writer.append(events, restored || keepsTime),
    page: (filter, order, after, limit) => reader.page(filter, order, after, limit),
    slices: (filter, order, signal) => reader.slices(filter, order, signal),
    follow: (filter, after, signal) => tail.follow(filter, after, signal),

    async count(filter) {
      const [row] = await select<[string]>(selectCount(tables.events, filter));
      return Number(row?.[0]);
    },

    async summarize(filter, request) {
      return summaryRows(request, await select<SummaryGroup>(selectSummary(tables, filter, request)));
    },
  };
}
