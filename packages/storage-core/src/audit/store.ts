import type { JsonScalar } from "../support/json.js";
import type { Position } from "../support/opaque.js";
import type { Page, PageRequest } from "../support/page.js";
import type { Bucket } from "../time/bucket.js";
import type { AuditDimension, AuditRowMembers, AuditTextField } from "./columns.js";
import type { CountLevel } from "./counts/cubes.js";
import type { AuditEvent, NewAuditEvent } from "./event.js";

/** One value, or any of several; an empty list matches nothing. */
export type OneOrMany<T> = T | readonly T[];

type FilterValue<Member> = Member extends keyof AuditEvent ? NonNullable<AuditEvent[Member]> : string;

/** Conditions on texts: every member that an event has as a text, and `tool`. */
type TextConditions = { readonly [Member in AuditTextField]?: OneOrMany<FilterValue<Member>> | undefined };

/** All given conditions must hold. An unknown key is `invalid_argument`. */
export interface AuditFilter extends TextConditions {
  /** Inclusive. */
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
  /** The payload's `tool`; see `toolOf`. */
  readonly tool?: OneOrMany<string> | undefined;
  readonly dryRun?: boolean | undefined;
  /**
   * Equality with scalars inside the payload, by JSON Pointer (RFC 6901):
   * `{ "/arguments/user_id": "mia_li_3668" }`.
   */
  readonly payload?: Readonly<Record<string, JsonScalar>> | undefined;
}

/** `newest`: by `(ts, eventId)` descending; `oldest`: ascending. */
export type AuditOrder = "newest" | "oldest";

/** Which page of events to read, and in which order. */
export interface AuditPageRequest extends PageRequest {
  /** Default `newest`. */
  readonly order?: AuditOrder | undefined;
}

/** Options of {@link AuditStore.stream}. */
export interface AuditStreamOptions {
  /** Default `oldest`. */
  readonly order?: AuditOrder | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far an event's `ts` may lie from now. `Infinity` lifts a limit. */
export interface AuditTimeLimits {
  /** Milliseconds into the past; default 90 days. */
  readonly maxAgeMs?: number | undefined;
  /** Milliseconds into the future; default 5 minutes. */
  readonly maxSkewMs?: number | undefined;
}

/** Limits of a backend for events and summaries. */
export interface AuditLimits extends AuditTimeLimits {
  /** UTF-8 bytes of the payload's JSON text; default 256 KiB. */
  readonly maxPayloadBytes?: number | undefined;
  /** Rows that one summary may have, 1 to 1,000,000; default 100,000. A summary with more ends in `invalid_argument`. */
  readonly maxSummaryGroups?: number | undefined;
}

/** Why an event was rejected. */
export type RejectionCode =
  /** Wrong type, missing field, or text that cannot be stored. */
  | "invalid_argument"
  /** The payload is over the cap. */
  | "too_large"
  /** `ts` lies outside the accepted window. */
  | "out_of_range"
  /** The key `(ts, eventId)` is taken by an event with other content; the stored one stays. */
  | "conflict";

/** One event that `append` did not store, and why. */
export interface Rejection {
  /** Position in the array that was passed to `append`. */
  readonly index: number;
  readonly code: RejectionCode;
  readonly reason: string;
}

/** The outcome of one `append`, in numbers of events, and what was rejected. */
export interface AppendResult {
  readonly inserted: number;
  /** Events that were stored before with the same content. */
  readonly duplicates: number;
  /** In order of `index`. Everything not listed here is durable. */
  readonly rejected: Rejection[];
}

/** What events are counted by. `agent.metadata.KEY` joins the registered agent's metadata (string members). */
export type SummaryDimension = AuditDimension | `agent.metadata.${string}`;

/** How {@link AuditStore.summarize} groups events. */
export interface SummaryRequest {
  readonly bucket?: Bucket | undefined;
  /** Default none: one count per bucket, or one in all. */
  readonly groupBy?: readonly SummaryDimension[] | undefined;
  /**
   * Whether events count that retention has dropped; default false. Their counts are kept by UTC day and by `agentId`, `teamId`,
   * `action`, `decision`, `dryRun`, `matchedRuleId` and `tool`, unless they were dropped with `keepCounts: false`. So the
   * filter and `groupBy` name no other members (metadata of agents may be grouped by), `from` and `to` are at midnight in UTC,
   * and buckets are days, weeks or months in UTC.
   */
  readonly includeDropped?: boolean | undefined;
}

/** The number of events in one group. */
export interface SummaryRow {
  /** Start of the bucket; absent when no bucket was asked for. */
  readonly bucket?: Date;
  /** One member per requested dimension; `null` where the event has none. */
  readonly key: Readonly<Record<string, string | boolean | null>>;
  readonly count: number;
}

/** A range of time; `to` is exclusive. */
export interface ExplainedSpan {
  readonly from: Date;
  readonly to: Date;
}

/** What a count or a summary is made of. */
export interface SummaryExplanation {
  readonly source: "counts" | "events" | "both";
  /** The members that the kept counts have which are read; empty where none are. */
  readonly countedBy: readonly string[];
  /** Kept counts, by UTC hours, days and months. At its ends they may have more than the range, see `subtracted`. */
  readonly counts: readonly (ExplainedSpan & { readonly by: CountLevel })[];
  /**
   * Ends of `counts` outside of the range, each a part of an hour: their events are read one by one and taken off the counts, where
   * they are expected to be fewer than those of the hour's other part. Absent where there are none.
   */
  readonly subtracted?: readonly ExplainedSpan[];
  /** Ranges whose events are read one by one. */
  readonly events: readonly ExplainedSpan[];
  /**
   * Events of the log that the counts do not include yet. They are read as well, so that the answer is exact. 0 where no counts
   * are read.
   */
  readonly uncounted: number;
}

type DimensionsOf<Request> = Request extends { readonly groupBy: readonly (infer D extends string)[] } ? D : never;

/** The metadata of an agent is text. */
type DimensionValue<Dimension> = Dimension extends AuditDimension ? AuditRowMembers[Dimension] : string | null;

/** What a request is answered with: `groupBy: ["agentId", "dryRun"]` gives keys with a text `agentId` and a boolean `dryRun`. */
export type SummaryRowFor<Request> = SummaryRow &
  (SummaryDimension extends DimensionsOf<Request>
    ? unknown
    : { readonly key: { readonly [D in DimensionsOf<Request>]: DimensionValue<D> } }) &
  (Request extends { readonly bucket: Bucket } ? { readonly bucket: Date } : unknown);

/** Options of {@link AuditStore.tail}. */
export interface TailOptions {
  /** Ends the iteration without an error. */
  readonly signal?: AbortSignal | undefined;
  /** The `position` of the last item seen, to resume; default: only events committed from now on. */
  readonly after?: Position | undefined;
}

/** One event that a tail delivers, with its place in commit order. */
export interface TailItem {
  readonly event: AuditEvent;
  /** Opaque; pass it as `after` to resume after this event. */
  readonly position: Position;
}

/** The append-only log. */
export interface AuditStore {
  /**
   * Stores events; resolves once they are durable. One bad event never takes the good ones with it, and the good
   * events of one call are committed together.
   * @throws `invalid_argument` when `events` is no array; `full`, `busy`, `unavailable`, `timeout`, `closed`
   */
  append(
    events: readonly NewAuditEvent[],
    options?: { readonly limits?: AuditTimeLimits | undefined },
  ): Promise<AppendResult>;
  /** One page by keyset: its cost does not grow with depth. */
  query(filter?: AuditFilter, page?: AuditPageRequest): Promise<Page<AuditEvent>>;
  /** Every matching event, without a cap, in bounded memory. Events appended meanwhile may or may not appear. */
  stream(filter?: AuditFilter, options?: AuditStreamOptions): AsyncIterable<AuditEvent>;
  /** The number of matching events. */
  count(filter?: AuditFilter): Promise<number>;
  /**
   * Counts per bucket and key, ordered by bucket, then by the dimensions in the order asked for, `null` last.
   * @throws `invalid_argument`, also for more than `limits.maxSummaryGroups` groups
   */
  summarize<const Request extends SummaryRequest = SummaryRequest>(
    filter?: AuditFilter,
    request?: Request,
  ): Promise<SummaryRowFor<Request>[]>;
  /**
   * What `summarize` would read for an answer about the events that are there; reads none of it. Counts of dropped events, which
   * `includeDropped` adds, are not in it.
   * @throws as `summarize`
   */
  explain(filter?: AuditFilter, request?: SummaryRequest): Promise<SummaryExplanation>;
  /**
   * Follows new events in commit order: none missed, none twice. Without `after` it starts at the call: what this store
   * appends afterwards is delivered. Ends when the signal aborts or the backend closes.
   */
  tail(filter?: AuditFilter, options?: TailOptions): AsyncIterable<TailItem>;
}
