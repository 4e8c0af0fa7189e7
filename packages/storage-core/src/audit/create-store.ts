import { setImmediate as nextTurn } from "node:timers/promises";
import { throwIfAborted } from "../support/abort.js";
import { checkKeys, checkObject, parseChoice } from "../support/input.js";
import type { Page } from "../support/page.js";
import type { Clock } from "../time/clock.js";
import type { TokenKeys } from "../tokens/keys.js";
import { Admission } from "./admission.js";
import { planDropped } from "./counts/dropped.js";
import { explain } from "./counts/explanation.js";
import type { AuditDriver } from "./driver.js";
import type { AuditEvent, NewAuditEvent } from "./event.js";
import { parseAuditFilter } from "./filter.js";
import type { ResolvedAuditLimits } from "./limits.js";
import { AUDIT_ORDERS, auditCursors, parseAuditPage } from "./paging.js";
import { type AuditEventRow, toAuditEvent } from "./row.js";
import type {
  AppendResult,
  AuditFilter,
  AuditPageRequest,
  AuditStore,
  AuditStreamOptions,
  AuditTimeLimits,
  SummaryExplanation,
  SummaryRequest,
  SummaryRowFor,
  TailItem,
  TailOptions,
} from "./store.js";
import { parseSummaryRequest } from "./summary.js";

/** Options of {@link DriverAuditStore}: checked limits, a clock in milliseconds since the epoch, and the keys of tokens. */
export interface AuditStoreOptions {
  readonly limits: ResolvedAuditLimits;
  readonly clock: Clock;
  /** Sign the cursors of queries. @default none */
  readonly tokenKeys?: TokenKeys | undefined;
}

/** Events that are checked in one go: about a millisecond of work. */
const ADMIT_AT_ONCE = 256;
/** Milliseconds of checking after which the event loop gets a turn. */
const SLICE_MS = 5;

/** The rules of {@link AuditStore}, the same on every backend, over the few operations a backend must bring. */
export class DriverAuditStore implements AuditStore {
  constructor(
    private readonly driver: AuditDriver,
    private readonly options: AuditStoreOptions,
  ) {}

  append(
    events: readonly NewAuditEvent[],
    options?: { readonly limits?: AuditTimeLimits | undefined },
  ): Promise<AppendResult> {
    const admission = new Admission(events, options, this.options.limits);
    // Thousands of small calls wait for one transaction: what each keeps alive meanwhile is most of what it costs.
    if (events.length <= ADMIT_AT_ONCE) {
      admission.admit(0, events.length, this.options.clock());
      return admission.store(this.driver);
    }
    return this.#admitMany(admission, events.length).then(() => admission.store(this.driver));
  }

  async query(filter?: AuditFilter, page?: AuditPageRequest): Promise<Page<AuditEvent>> {
    const wanted = parseAuditFilter(filter);
    const { tokenKeys } = this.options;
    const { limit, order, after } = parseAuditPage(wanted, page, tokenKeys);
    const reading = this.driver.page(wanted, order, after, limit + 1);
    // While the database reads.
    const cursorOf = auditCursors(wanted, order, tokenKeys);
    const found = await reading;
    const items = found.slice(0, limit);
    const last = items.at(-1);
    if (found.length <= limit || last === undefined) return { items };
    return { items, next: cursorOf(last) };
  }

  stream(filter?: AuditFilter, options: AuditStreamOptions = {}): AsyncIterable<AuditEvent> {
    const wanted = parseAuditFilter(filter);
    checkObject("options", options);
    checkKeys("options", options, ["order", "signal"]);
    const order = options.order === undefined ? "oldest" : parseChoice("options.order", options.order, AUDIT_ORDERS);
    return eventsOf(this.driver.slices(wanted, order, options.signal), options.signal);
  }

  async count(filter?: AuditFilter): Promise<number> {
    return this.driver.count(parseAuditFilter(filter));
  }

  async summarize<const Request extends SummaryRequest = SummaryRequest>(
    filter?: AuditFilter,
    request?: Request,
  ): Promise<SummaryRowFor<Request>[]> {
    const { wanted, parsed } = this.#asked(filter, request);
    const rows = await this.driver.summarize(wanted, parsed);
    return rows as SummaryRowFor<Request>[];
  }

  async explain(filter?: AuditFilter, request?: SummaryRequest): Promise<SummaryExplanation> {
    const { wanted, parsed } = this.#asked(filter, request);
    return explain(wanted, (await this.driver.explain?.(wanted, parsed)) ?? { plan: undefined, uncounted: 0 });
  }

  /** @throws `invalid_argument` */
  #asked(filter: AuditFilter | undefined, request: SummaryRequest | undefined) {
    const wanted = parseAuditFilter(filter);
    const parsed = parseSummaryRequest(request, this.options.limits.maxSummaryGroups);
    if (parsed.includeDropped) planDropped(wanted, parsed);
    return { wanted, parsed };
  }

  tail(filter?: AuditFilter, options: TailOptions = {}): AsyncIterable<TailItem> {
    const wanted = parseAuditFilter(filter);
    checkObject("options", options);
    checkKeys("options", options, ["signal", "after"]);
    return this.driver.follow(wanted, options.after, options.signal);
  }

  async #admitMany(admission: Admission, count: number): Promise<void> {
    const now = this.options.clock();
    let since = performance.now();
    for (let from = 0; from < count; from += ADMIT_AT_ONCE) {
      admission.admit(from, Math.min(from + ADMIT_AT_ONCE, count), now);
      if (performance.now() - since < SLICE_MS) continue;
      await nextTurn();
      since = performance.now();
    }
  }
}

/**
 * The public form of the events of slices, one by one.
 * @param signal an abort before the first event throws as {@link throwIfAborted} does, even where there are no events
 */
export async function* eventsOf(
  slices: AsyncIterable<readonly AuditEventRow[]>,
  signal?: AbortSignal,
): AsyncGenerator<AuditEvent> {
  throwIfAborted(signal);
  for await (const events of slices) {
    for (const event of events) yield toAuditEvent(event);
  }
}
