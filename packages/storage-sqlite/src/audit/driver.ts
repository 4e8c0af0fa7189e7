import type { AppendResult, AuditOrder, SummaryRow, TailItem } from "@agent-assembly/storage-core";
import type {
  AuditDriver,
  AuditEventRow,
  AuditKey,
  ParsedAuditFilter,
  ParsedSummaryRequest,
} from "@agent-assembly/storage-core/backend";
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
export class SqliteAuditDriver implements AuditDriver {
  constructor(private readonly parts: SqliteAuditParts) {}

  append(events: readonly AuditEventRow[]): Promise<AppendResult> {
    return this.parts.writer.append(events);
  }

  page(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
  ): Promise<AuditEventRow[]> {
    return this.parts.reader.page(filter, order, after, limit);
  }

  slices(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    signal: AbortSignal | undefined,
  ): AsyncIterable<AuditEventRow[]> {
    return this.parts.reader.slices(filter, order, signal);
  }

  async count(filter: ParsedAuditFilter): Promise<number> {
    const where = whereFilter(filter);
    const [row] = await this.parts.scans.rows<[number]>({
      sql: `SELECT count(*) FROM audit_events AS e ${where.sql}`,
      values: where.values,
    });
    return row?.[0] ?? 0;
  }

  async summarize(filter: ParsedAuditFilter, request: ParsedSummaryRequest): Promise<SummaryRow[]> {
    return summaryRows(request, await this.parts.scans.rows<SummaryGroup>(selectSummary(filter, request)));
  }

  follow(
    filter: ParsedAuditFilter,
    after: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<TailItem> {
    return this.parts.tail.follow(filter, after, signal);
  }
}
