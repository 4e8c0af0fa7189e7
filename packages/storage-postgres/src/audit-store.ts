import { setImmediate as nextTurn } from "node:timers/promises";
import {
  Admission,
  type AppendResult,
  AUDIT_ORDERS,
  type AuditEvent,
  type AuditFilter,
  type AuditPageRequest,
  type AuditStore,
  type AuditStreamOptions,
  type AuditTimeLimits,
  auditCursor,
  type Clock,
  checkChoice,
  checkKeys,
  checkObject,
  type NewAuditEvent,
  type NormalizedEvent,
  normalizeAuditFilter,
  normalizeAuditPage,
  normalizeSummaryRequest,
  type Page,
  type ResolvedAuditLimits,
  type SummaryRequest,
  type SummaryRow,
  type TailItem,
  type TailOptions,
  toAuditEvent,
} from "@agent-assembly/storage-core";
import type { AuditReader } from "./audit-reader.js";
import { selectCount } from "./audit-sql.js";
import type { AuditTail } from "./audit-tail.js";
import type { AuditWriter } from "./audit-writer.js";
import type { Pool } from "./pool.js";
import { rows, type Statement } from "./sql-text.js";
import { type SummaryGroup, selectSummary, summaryRows } from "./summary-sql.js";

export interface PostgresAuditParts {
  readonly pool: Pool;
  readonly writer: AuditWriter;
  readonly reader: AuditReader;
  readonly tail: AuditTail;
  /** Quoted, with their schema. */
  readonly tables: { readonly events: string; readonly agents: string };
  readonly limits: ResolvedAuditLimits;
  readonly clock: Clock;
}

/** Events that are checked in one go: about a millisecond of work. */
const ADMIT_AT_ONCE = 256;

/** The audit log on PostgreSQL: takes calls apart, and leaves writing, reading and following to its parts. */
export class PostgresAuditStore implements AuditStore {
  constructor(private readonly parts: PostgresAuditParts) {}

  append(
    events: readonly NewAuditEvent[],
    options?: { readonly limits?: AuditTimeLimits | undefined },
  ): Promise<AppendResult> {
    const admission = new Admission(events, options, this.parts.limits);
    const write = () => this.parts.writer.append(admission.accepted, admission.indexes);
    if (events.length <= ADMIT_AT_ONCE) {
      admission.admit(0, events.length, this.parts.clock());
      return admission.answer(write);
    }
    return this.#admitMany(admission, events.length).then(() => admission.answer(write));
  }

  async #admitMany(admission: Admission, count: number): Promise<void> {
    const now = this.parts.clock();
    for (let from = 0; from < count; from += ADMIT_AT_ONCE) {
      admission.admit(from, Math.min(from + ADMIT_AT_ONCE, count), now);
      // A call of usual size is done with in a few milliseconds.
      if (from > 0 && from % (ADMIT_AT_ONCE * 8) === 0) await nextTurn();
    }
  }

  async query(filter?: AuditFilter, page?: AuditPageRequest): Promise<Page<AuditEvent>> {
    const wanted = normalizeAuditFilter(filter);
    const { limit, order, after } = normalizeAuditPage(wanted, page);
    const found = await this.parts.reader.page(wanted, order, after, limit + 1);
    const items = found.slice(0, limit);
    const last = items.at(-1);
    if (found.length <= limit || last === undefined) return { items: items.map(toAuditEvent) };
    return { items: items.map(toAuditEvent), next: auditCursor(wanted, order, last) };
  }

  stream(filter?: AuditFilter, options: AuditStreamOptions = {}): AsyncIterable<AuditEvent> {
    const wanted = normalizeAuditFilter(filter);
    checkObject("options", options);
    checkKeys("options", options, ["order", "signal"]);
    const order = options.order === undefined ? "oldest" : checkChoice("options.order", options.order, AUDIT_ORDERS);
    return eventsOf(this.parts.reader.slices(wanted, order, options.signal));
  }

  async count(filter?: AuditFilter): Promise<number> {
    const [row] = await this.#rows<[string]>(selectCount(this.parts.tables.events, normalizeAuditFilter(filter)));
    return Number(row?.[0]);
  }

  async summarize(filter?: AuditFilter, request?: SummaryRequest): Promise<SummaryRow[]> {
    const wanted = normalizeAuditFilter(filter);
    const normalized = normalizeSummaryRequest(request);
    return summaryRows(
      normalized,
      await this.#rows<SummaryGroup>(selectSummary(this.parts.tables, wanted, normalized)),
    );
  }

  tail(filter?: AuditFilter, options: TailOptions = {}): AsyncIterable<TailItem> {
    const wanted = normalizeAuditFilter(filter);
    checkObject("options", options);
    checkKeys("options", options, ["signal", "after"]);
    return this.parts.tail.follow(wanted, options.after, options.signal);
  }

  #rows<Row extends readonly unknown[]>(statement: Statement): Promise<Row[]> {
    return this.parts.pool.run((sql) => rows<Row>(sql, statement, this.parts.pool.options.prepare));
  }
}

/** Events of slices. */
export async function* eventsOf(slices: AsyncIterable<NormalizedEvent[]>): AsyncGenerator<AuditEvent> {
  for await (const events of slices) {
    for (const event of events) yield toAuditEvent(event);
  }
}
