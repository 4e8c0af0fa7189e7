import { throwIfAborted } from "../abort.js";
import type { AuditEvent, NewAuditEvent } from "../audit/event.js";
import { matchesAuditFilter, type NormalizedAuditFilter, normalizeAuditFilter } from "../audit/filter.js";
import { type ResolvedAuditLimits, resolveAuditLimits } from "../audit/limits.js";
import { EventRefusal, type NormalizedEvent, normalizeNewEvent } from "../audit/normalize.js";
import { AUDIT_ORDERS, auditCursor, compareAuditKeys, normalizeAuditPage } from "../audit/paging.js";
import type {
  AppendResult,
  AuditFilter,
  AuditPageRequest,
  AuditStore,
  AuditStreamOptions,
  AuditTimeLimits,
  Rejection,
  SummaryRequest,
  SummaryRow,
  TailItem,
  TailOptions,
} from "../audit/store.js";
import { CONFLICT_REASON, sameContent, toAuditEvent } from "../audit/stored.js";
import { type NormalizedDimension, normalizeSummaryRequest, SummaryBuilder } from "../audit/summary.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { describeShape } from "../describe.js";
import { invalidArgument } from "../errors.js";
import { checkChoice, checkKeys, checkObject } from "../input.js";
import type { JsonObject } from "../json.js";
import type { Page } from "../page.js";
import { textProblem } from "../text.js";
import type { Clock } from "../time/clock.js";
import type { EventTable } from "./event-table.js";

const TAIL_SCOPE = "tail memory";

export interface MemoryAuditOptions {
  readonly limits: ResolvedAuditLimits;
  readonly clock: Clock;
  /** The registered agent's metadata, for summaries that join it. */
  readonly metadataOf: (agentId: string) => JsonObject | undefined;
  /** Aborts when the backend closes. */
  readonly closing: AbortSignal;
}

export class MemoryAuditStore implements AuditStore {
  readonly #wakeUps = new Set<() => void>();

  constructor(
    readonly table: EventTable,
    private readonly options: MemoryAuditOptions,
  ) {}

  async append(
    events: readonly NewAuditEvent[],
    options: { readonly limits?: AuditTimeLimits | undefined } = {},
  ): Promise<AppendResult> {
    if (!Array.isArray(events)) throw invalidArgument(`events must be an array, got ${describeShape(events)}`);
    checkObject("options", options);
    checkKeys("options", options, ["limits"]);
    const limits = resolveAuditLimits(options.limits, this.options.limits);
    const now = this.options.clock();
    let inserted = 0;
    let duplicates = 0;
    const rejected: Rejection[] = [];
    for (let index = 0; index < events.length; index++) {
      const event = normalizeNewEvent(events[index], limits, now);
      if (event instanceof EventRefusal) {
        rejected.push({ index, code: event.code, reason: event.reason });
        continue;
      }
      const stored = this.table.insert(event);
      if (stored === undefined) inserted++;
      else if (sameContent(stored, event)) duplicates++;
      else rejected.push({ index, code: "conflict", reason: CONFLICT_REASON });
    }
    if (inserted > 0) this.wakeTails();
    return { inserted, duplicates, rejected };
  }

  async query(filter?: AuditFilter, page?: AuditPageRequest): Promise<Page<AuditEvent>> {
    const wanted = normalizeAuditFilter(filter);
    const { limit, order, after } = normalizeAuditPage(wanted, page);
    const found: NormalizedEvent[] = [];
    for (const event of this.table.ordered(order)) {
      if (after !== undefined) {
        const direction = compareAuditKeys(event, after);
        if (order === "newest" ? direction >= 0 : direction <= 0) continue;
      }
      if (!matchesAuditFilter(wanted, event)) continue;
      found.push(event);
      if (found.length > limit) break;
    }
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
    return this.#stream(wanted, order, options.signal);
  }

  async *#stream(
    filter: NormalizedAuditFilter,
    order: "newest" | "oldest",
    signal: AbortSignal | undefined,
  ): AsyncGenerator<AuditEvent> {
    for (const event of [...this.table.ordered(order)]) {
      throwIfAborted(signal);
      if (matchesAuditFilter(filter, event)) yield toAuditEvent(event);
    }
  }

  async count(filter?: AuditFilter): Promise<number> {
    const wanted = normalizeAuditFilter(filter);
    let count = 0;
    for (const event of this.table.ordered("oldest")) if (matchesAuditFilter(wanted, event)) count++;
    return count;
  }

  async summarize(filter?: AuditFilter, request?: SummaryRequest): Promise<SummaryRow[]> {
    const wanted = normalizeAuditFilter(filter);
    const normalized = normalizeSummaryRequest(request);
    const builder = new SummaryBuilder(normalized);
    for (const event of this.table.ordered("oldest")) {
      if (!matchesAuditFilter(wanted, event)) continue;
      const key = normalized.dimensions.map((dimension) => this.#dimension(event, dimension));
      builder.add(normalized.bucket?.startOf(event.ts), key, 1);
    }
    return builder.rows();
  }

  #dimension(event: NormalizedEvent, dimension: NormalizedDimension): string | boolean | null {
    if (dimension.kind === "event") return event[dimension.field];
    const metadata = this.options.metadataOf(event.agentId);
    const value = metadata !== undefined && Object.hasOwn(metadata, dimension.key) ? metadata[dimension.key] : null;
    return textProblem(value) === undefined ? (value as string) : null;
  }

  tail(filter?: AuditFilter, options: TailOptions = {}): AsyncIterable<TailItem> {
    const wanted = normalizeAuditFilter(filter);
    checkObject("options", options);
    checkKeys("options", options, ["signal", "after"]);
    const start =
      options.after === undefined ? this.table.sequence : (decodeCursor(TAIL_SCOPE, options.after)[0] as number);
    return this.#tail(wanted, start, options.signal);
  }

  async *#tail(
    filter: NormalizedAuditFilter,
    start: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TailItem> {
    const ended = (): boolean => signal?.aborted === true || this.options.closing.aborted;
    let position = start;
    while (!ended()) {
      for (const [sequence, event] of this.table.committedAfter(position)) {
        if (ended()) return;
        position = sequence;
        if (!matchesAuditFilter(filter, event)) continue;
        yield { event: toAuditEvent(event), position: encodeCursor(TAIL_SCOPE, [sequence]) };
      }
      if (this.table.sequence === position || this.table.committedAfter(position).length === 0) {
        await this.#nextCommit(signal);
      }
    }
  }

  /** Resolves at the next insert, or when the tail is to end. */
  #nextCommit(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true || this.options.closing.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakeUps.delete(wake);
        signal?.removeEventListener("abort", wake);
        this.options.closing.removeEventListener("abort", wake);
        resolve();
      };
      this.#wakeUps.add(wake);
      signal?.addEventListener("abort", wake);
      this.options.closing.addEventListener("abort", wake);
    });
  }

  wakeTails(): void {
    for (const wake of [...this.#wakeUps]) wake();
  }
}
