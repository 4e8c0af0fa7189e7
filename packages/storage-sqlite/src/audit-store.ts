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
import { whereFilter } from "./audit-sql.js";
import type { AuditTail } from "./audit-tail.js";
import type { AuditWriter } from "./audit-writer.js";
import { Breather } from "./breather.js";
import { type EventRow, fromRow } from "./rows.js";
import type { ScanPool } from "./scan-pool.js";
import { type SummaryGroup, selectSummary, summaryRows } from "./summary-sql.js";

export interface SqliteAuditParts {
  readonly writer: AuditWriter;
  readonly reader: AuditReader;
  readonly tail: AuditTail;
  readonly scans: ScanPool;
  readonly limits: ResolvedAuditLimits;
  readonly clock: Clock;
}

/** Events that are checked in one go: about a millisecond of work. */
const ADMIT_AT_ONCE = 256;

/** The audit log on SQLite: takes calls apart, and leaves writing, reading and following to its parts. */
export class SqliteAuditStore implements AuditStore {
  constructor(private readonly parts: SqliteAuditParts) {}

  append(
    events: readonly NewAuditEvent[],
    options?: { readonly limits?: AuditTimeLimits | undefined },
  ): Promise<AppendResult> {
    const admission = new Admission(events, options, this.parts.limits);
    const write = () => this.parts.writer.append(admission.accepted, admission.indexes);
    // Thousands of small calls wait for one transaction: what each keeps alive meanwhile is most of what it costs.
    if (events.length <= ADMIT_AT_ONCE) {
      admission.admit(0, events.length, this.parts.clock());
      return admission.answer(write);
    }
    return this.#admitMany(admission, events.length).then(() => admission.answer(write));
  }

  async #admitMany(admission: Admission, count: number): Promise<void> {
    const now = this.parts.clock();
    const breather = new Breather();
    for (let from = 0; from < count; from += ADMIT_AT_ONCE) {
      admission.admit(from, Math.min(from + ADMIT_AT_ONCE, count), now);
      const pause = breather.due();
      if (pause !== undefined) await pause;
    }
  }

  async query(filter?: AuditFilter, page?: AuditPageRequest): Promise<Page<AuditEvent>> {
    const wanted = normalizeAuditFilter(filter);
    const { limit, order, after } = normalizeAuditPage(wanted, page);
    const rows = await this.parts.reader.page(wanted, order, after, limit + 1);
    const stored = rows.slice(0, limit).map(fromRow);
    const items = stored.map(toAuditEvent);
    const last = stored.at(-1);
    return rows.length <= limit || last === undefined ? { items } : { items, next: auditCursor(wanted, order, last) };
  }

  stream(filter?: AuditFilter, options: AuditStreamOptions = {}): AsyncIterable<AuditEvent> {
    const wanted = normalizeAuditFilter(filter);
    checkObject("options", options);
    checkKeys("options", options, ["order", "signal"]);
    const order = options.order === undefined ? "oldest" : checkChoice("options.order", options.order, AUDIT_ORDERS);
    return eventsOf(this.parts.reader.slices(wanted, order, options.signal));
  }

  async count(filter?: AuditFilter): Promise<number> {
    const where = whereFilter(normalizeAuditFilter(filter));
    const [row] = await this.parts.scans.rows<[number]>({
      sql: `SELECT count(*) FROM audit_events AS e ${where.sql}`,
      values: where.values,
    });
    return row?.[0] ?? 0;
  }

  async summarize(filter?: AuditFilter, request?: SummaryRequest): Promise<SummaryRow[]> {
    const wanted = normalizeAuditFilter(filter);
    const normalized = normalizeSummaryRequest(request);
    const groups = await this.parts.scans.rows<SummaryGroup>(selectSummary(wanted, normalized));
    return summaryRows(normalized, groups);
  }

  tail(filter?: AuditFilter, options: TailOptions = {}): AsyncIterable<TailItem> {
    const wanted = normalizeAuditFilter(filter);
    checkObject("options", options);
    checkKeys("options", options, ["signal", "after"]);
    return this.parts.tail.follow(wanted, options.after, options.signal);
  }
}

/** Events of slices of rows. */
export async function* eventsOf(slices: AsyncIterable<EventRow[]>): AsyncGenerator<AuditEvent> {
  for await (const rows of slices) {
    for (const row of rows) yield toAuditEvent(fromRow(row));
  }
}
