import {
  type AppendResult,
  type AuditEvent,
  type AuditFilter,
  type AuditPageRequest,
  type AuditStore,
  type AuditStreamOptions,
  type NewAuditEvent,
  type Page,
  type Rejection,
  StorageError,
  type SummaryExplanation,
  type SummaryRequest,
  type SummaryRowFor,
  type TailItem,
  type TailOptions,
} from "@agent-assembly/storage-core";
import {
  AUDIT_ORDERS,
  checkKeys,
  checkObject,
  describeShape,
  EventRefusal,
  invalidArgument,
  type ParsedAuditFilter,
  parseAuditFilter,
  parseChoice,
  parseInteger,
  parseNewEvent,
  parseSummaryRequest,
  planDropped,
  SummaryBuilder,
  throwIfAborted,
} from "@agent-assembly/storage-core/backend";
import { filterQuery, matchesNothing, type SentEvent, toEvent } from "./event-query.js";
import type { HttpClient } from "./http-client.js";
import { checkCursor } from "./page-query.js";
import { jsonLines } from "./streams.js";
import { HttpTail } from "./tail.js";

/** Of the API. */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 8 * 1024 * 1024;
/** The gateway decides; this only keeps a value that would never end from being written out. */
const LIMITS = {
  maxAgeMs: Number.POSITIVE_INFINITY,
  maxSkewMs: Number.POSITIVE_INFINITY,
  maxPayloadBytes: 16 * 1024 * 1024,
};
const MAX_GROUPS = 1_000_000;

interface SentSummary {
  readonly items: readonly { readonly bucket?: string; readonly key: object; readonly count: number }[];
}

/** The audit log behind a gateway. */
export class HttpAuditStore implements AuditStore {
  /** Tails that are about to begin: what is appended meanwhile waits, so that they deliver it. */
  #beginning: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly client: HttpClient,
    private readonly closing: AbortSignal,
  ) {}

  async append(events: readonly NewAuditEvent[], options: { readonly limits?: unknown } = {}): Promise<AppendResult> {
    if (!Array.isArray(events)) throw invalidArgument("events", `must be an array, got ${describeShape(events)}`);
    checkObject("options", options);
    checkKeys("options", options, ["limits"]);
    if (options.limits !== undefined) {
      throw new StorageError({ code: "unsupported", message: "the limits of one append are not sent over HTTP" });
    }
    const rejected: Rejection[] = [];
    const batches = new Batches();
    for (const [index, event] of events.entries()) {
      const checked = parseNewEvent(event, LIMITS, 0);
      if (checked instanceof EventRefusal) rejected.push({ index, code: checked.code, reason: checked.reason });
      else batches.add(index, JSON.stringify(event));
    }
    await this.#beginning;
    let inserted = 0;
    let duplicates = 0;
    for (const { indexes, body } of batches.all()) {
      const result = await this.client.json<AppendResult>("POST", "/events", { body });
      inserted += result.inserted;
      duplicates += result.duplicates;
      rejected.push(...result.rejected.map((one) => ({ ...one, index: indexes[one.index] as number })));
    }
    return { inserted, duplicates, rejected: rejected.sort((a, b) => a.index - b.index) };
  }

  async query(filter?: AuditFilter, page: AuditPageRequest = {}): Promise<Page<AuditEvent>> {
    const wanted = parseAuditFilter(filter);
    checkObject("page", page);
    checkKeys("page", page, ["limit", "cursor", "order"]);
    const query = filterQuery(wanted);
    query.set("payloads", "full");
    if (page.limit !== undefined) query.set("limit", String(parseInteger("page.limit", page.limit, 1, 1000)));
    if (page.order !== undefined) query.set("order", parseChoice("page.order", page.order, AUDIT_ORDERS));
    if (page.cursor !== undefined) query.set("cursor", checkCursor(page.cursor));
    if (matchesNothing(wanted)) return { items: [] };
    const { items, next } = await this.client.json<Page<never>>("GET", "/events", { query, argument: "page" });
    return { items: items.map(toEvent), ...(next !== undefined && { next }) };
  }

  stream(filter?: AuditFilter, options: AuditStreamOptions = {}): AsyncIterable<AuditEvent> {
    checkObject("options", options);
    checkKeys("options", options, ["order", "signal"]);
    const { order = "oldest", signal } = options;
    return this.#exported(parseAuditFilter(filter), parseChoice("options.order", order, AUDIT_ORDERS), signal);
  }

  async *#exported(
    wanted: ParsedAuditFilter,
    order: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<AuditEvent> {
    throwIfAborted(signal);
    if (matchesNothing(wanted)) return;
    const query = filterQuery(wanted);
    query.set("order", order);
    query.set("recordedAt", "true");
    try {
      const response = await this.client.request("GET", "/events/export", { query, signal });
      for await (const event of jsonLines<SentEvent>(response)) {
        yield toEvent(event);
        throwIfAborted(signal);
      }
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    }
  }

  async count(filter?: AuditFilter): Promise<number> {
    const [row] = await this.summarize(filter);
    return row?.count ?? 0;
  }

  async summarize<const Request extends SummaryRequest = SummaryRequest>(
    filter?: AuditFilter,
    request?: Request,
  ): Promise<SummaryRowFor<Request>[]> {
    const { wanted, parsed, query } = asked(filter, request);
    if (matchesNothing(wanted)) return new SummaryBuilder(parsed).rows() as SummaryRowFor<Request>[];
    const { items } = await this.client.json<SentSummary>("GET", "/events/summary", { query, argument: "request" });
    const rows = items.map(({ bucket, ...row }) => ({
      ...row,
      ...(bucket !== undefined && { bucket: new Date(bucket) }),
    }));
    return rows as unknown as SummaryRowFor<Request>[];
  }

  async explain(filter?: AuditFilter, request?: SummaryRequest): Promise<SummaryExplanation> {
    const { query } = asked(filter, request);
    query.delete("includeDropped");
    const sent = await this.client.json<SummaryExplanation>("GET", "/events/explain", { query, argument: "request" });
    const spanOf = <Span extends { readonly from: Date; readonly to: Date }>(span: Span): Span => ({
      ...span,
      from: new Date(span.from),
      to: new Date(span.to),
    });
    const { counts, subtracted, events } = sent;
    return {
      ...sent,
      counts: counts.map(spanOf),
      ...(subtracted !== undefined && { subtracted: subtracted.map(spanOf) }),
      events: events.map(spanOf),
    };
  }

  tail(filter?: AuditFilter, options: TailOptions = {}): AsyncIterable<TailItem> {
    const wanted = parseAuditFilter(filter);
    checkObject("options", options);
    checkKeys("options", options, ["signal", "after"]);
    const { signal, after } = options;
    const tail = new HttpTail(
      this.client,
      wanted,
      after,
      signal === undefined ? [this.closing] : [this.closing, signal],
    );
    if (after === undefined) this.#beginning = Promise.all([this.#beginning, tail.begun]);
    return tail.items();
  }
}

function asked(filter: AuditFilter | undefined, request: SummaryRequest | undefined) {
  const wanted = parseAuditFilter(filter);
  const parsed = parseSummaryRequest(request, MAX_GROUPS);
  if (parsed.includeDropped) planDropped(wanted, parsed);
  const query = filterQuery(wanted);
  for (const { name } of parsed.dimensions) query.append("groupBy", name);
  if (parsed.bucket !== undefined) {
    query.set("every", parsed.bucket.every);
    query.set("timeZone", parsed.bucket.timeZone);
  }
  if (parsed.includeDropped) query.set("includeDropped", "true");
  return { wanted, parsed, query };
}

/** Events as the bodies of requests that the API takes. */
class Batches {
  readonly #all: { indexes: number[]; texts: string[]; bytes: number }[] = [];

  /** @param event JSON text */
  add(index: number, event: string): void {
    let batch = this.#all.at(-1);
    const bytes = Buffer.byteLength(event);
    if (batch === undefined || batch.texts.length >= MOST_EVENTS || batch.bytes + bytes > MOST_BYTES) {
      batch = { indexes: [], texts: [], bytes: 0 };
      this.#all.push(batch);
    }
    batch.indexes.push(index);
    batch.texts.push(event);
    batch.bytes += bytes;
  }

  *all(): Generator<{ readonly indexes: readonly number[]; readonly body: string }> {
    for (const { indexes, texts } of this.#all) yield { indexes, body: `[${texts.join()}]` };
  }
}
