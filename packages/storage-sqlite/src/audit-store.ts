import {
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
  describeShape,
  EventRefusal,
  invalidArgument,
  type NewAuditEvent,
  type NormalizedEvent,
  normalizeAuditFilter,
  normalizeAuditPage,
  normalizeNewEvent,
  normalizeSummaryRequest,
  type Page,
  type Rejection,
  type ResolvedAuditLimits,
  resolveAuditLimits,
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

/** What the door says of a call's events. */
interface Admission {
  readonly accepted: NormalizedEvent[];
  /** Positions of the accepted ones, once they differ from their order. */
  indexes: number[] | undefined;
  /** Made when the first one is refused: ten thousand small calls may wait at once. */
  refused: Rejection[] | undefined;
}

/** The audit log on SQLite: takes calls apart, and leaves writing, reading and following to its parts. */
export class SqliteAuditStore implements AuditStore {
  constructor(private readonly parts: SqliteAuditParts) {}

  append(
    events: readonly NewAuditEvent[],
    options?: { readonly limits?: AuditTimeLimits | undefined },
  ): Promise<AppendResult> {
    if (!Array.isArray(events)) throw invalidArgument(`events must be an array, got ${describeShape(events)}`);
    if (options !== undefined) {
      checkObject("options", options);
      checkKeys("options", options, ["limits"]);
    }
    const limits = resolveAuditLimits(options?.limits, this.parts.limits);
    const admission: Admission = { accepted: [], indexes: undefined, refused: undefined };
    // Thousands of small calls wait for one transaction: what each keeps alive meanwhile is most of what it costs.
    if (events.length <= ADMIT_AT_ONCE) {
      admit(events, 0, events.length, limits, this.parts.clock(), admission);
      return this.#write(admission);
    }
    return this.#appendMany(events, limits, admission);
  }

  async #appendMany(
    events: readonly NewAuditEvent[],
    limits: ResolvedAuditLimits,
    admission: Admission,
  ): Promise<AppendResult> {
    const now = this.parts.clock();
    const breather = new Breather();
    for (let from = 0; from < events.length; from += ADMIT_AT_ONCE) {
      admit(events, from, Math.min(from + ADMIT_AT_ONCE, events.length), limits, now, admission);
      const pause = breather.due();
      if (pause !== undefined) await pause;
    }
    return this.#write(admission);
  }

  #write({ accepted, indexes, refused }: Admission): Promise<AppendResult> {
    if (accepted.length === 0) return Promise.resolve({ inserted: 0, duplicates: 0, rejected: refused ?? [] });
    const written = this.parts.writer.append(accepted, indexes);
    if (refused === undefined) return written;
    return written.then((result) => ({
      ...result,
      rejected: [...refused, ...result.rejected].sort((a, b) => a.index - b.index),
    }));
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

function admit(
  events: readonly NewAuditEvent[],
  from: number,
  to: number,
  limits: ResolvedAuditLimits,
  now: number,
  admission: Admission,
): void {
  for (let index = from; index < to; index++) {
    const event = normalizeNewEvent(events[index], limits, now);
    if (event instanceof EventRefusal) {
      admission.indexes ??= admission.accepted.map((_, position) => position);
      admission.refused ??= [];
      admission.refused.push({ index, code: event.code, reason: event.reason });
    } else {
      admission.accepted.push(event);
      admission.indexes?.push(index);
    }
  }
}
