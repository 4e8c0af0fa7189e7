import type { AnswerSource } from "./counts/explanation.js";
import type { AuditEvent } from "./event.js";
import type { ParsedAuditFilter } from "./filter.js";
import type { AuditKey } from "./paging.js";
import type { AuditEventRow } from "./row.js";
import type { AppendResult, AuditOrder, SummaryRow, TailItem } from "./store.js";
import type { ParsedSummaryRequest } from "./summary.js";

/** Leaves of events that come back from an archive: they get no second ones. */
export interface RestoredEvidence {
  /** Number of the log. */
  readonly log: number;
  /** By the place of the event in the call; `null` for events that were not sealed. */
  readonly leaves: readonly (number | null)[];
  /** Id of the archive. */
  readonly archive: string;
  /** SHA-256 of the archive's manifest, Base64. */
  readonly manifest: string;
}

/** How rows are appended. */
export interface AppendRowsOptions {
  /**
   * Whether they come from an archive and keep their `recordedAt`; default false. Of other rows a backend may store the time of
   * a server instead.
   */
  readonly restored?: boolean;
  /** Of restored rows: the leaves that they had. Where evidence is kept only; stored with the rows that are inserted, in their transaction. */
  readonly evidence?: RestoredEvidence | undefined;
}

/** What the audit log needs from its store. Filters and requests are checked already. */
export interface AuditDriver {
  /**
   * Stores events, all of a call in one transaction, and resolves once they are durable.
   * @returns conflicts as `rejected`, with their positions in `events`
   */
  append(events: readonly AuditEventRow[], options?: AppendRowsOptions): Promise<AppendResult>;
  /** At most `limit` events behind a key, in order. In their public form, which a store may have a faster way to than by rows. */
  page(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
  ): Promise<readonly AuditEvent[]>;
  /** All matching events in order, a bounded number at a time. An abort throws as `throwIfAborted` does. */
  slices(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    signal: AbortSignal | undefined,
  ): AsyncIterable<readonly AuditEventRow[]>;
  count(filter: ParsedAuditFilter): Promise<number>;
  summarize(filter: ParsedAuditFilter, request: ParsedSummaryRequest): Promise<SummaryRow[]>;
  /** How `summarize` would be answered. Absent where there are only events. */
  explain?(filter: ParsedAuditFilter, request: ParsedSummaryRequest): Promise<AnswerSource>;
  /** Starts where the call is made, not at the first item that is asked for. */
  follow(
    filter: ParsedAuditFilter,
    after: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<TailItem>;
}
