import type { AppendResult, AuditOrder, SummaryRow, TailItem } from "@agent-assembly/storage-core";
import type {
  AuditDriver,
  AuditEventRow,
  AuditKey,
  ParsedAuditFilter,
  ParsedSummaryRequest,
} from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { rows, type Statement } from "../driver/statement.js";
import { selectCount } from "./filter-sql.js";
import type { AuditReader } from "./reader.js";
import { type SummaryGroup, selectSummary, summaryRows } from "./summary-sql.js";
import type { AuditTail } from "./tail.js";
import type { AuditWriter } from "./writer.js";

export interface PostgresAuditParts {
  readonly pool: Pool;
  readonly writer: AuditWriter;
  readonly reader: AuditReader;
  readonly tail: AuditTail;
  /** Quoted, with their schema. */
  readonly tables: { readonly events: string; readonly agents: string };
}

/** The audit log on PostgreSQL. Writing, reading and following are left to its parts. */
export class PostgresAuditDriver implements AuditDriver {
  constructor(private readonly parts: PostgresAuditParts) {}

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
    const [row] = await this.#rows<[string]>(selectCount(this.parts.tables.events, filter));
    return Number(row?.[0]);
  }

  async summarize(filter: ParsedAuditFilter, request: ParsedSummaryRequest): Promise<SummaryRow[]> {
    return summaryRows(request, await this.#rows<SummaryGroup>(selectSummary(this.parts.tables, filter, request)));
  }

  follow(
    filter: ParsedAuditFilter,
    after: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<TailItem> {
    return this.parts.tail.follow(filter, after, signal);
  }

  #rows<Row extends readonly unknown[]>(statement: Statement): Promise<Row[]> {
    return this.parts.pool.run((sql) => rows<Row>(sql, statement, this.parts.pool.options.prepare));
  }
}
