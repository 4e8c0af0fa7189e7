import type { AuditEventRow } from "../../audit/row.js";
import type { RecordChange } from "../../governance/record-change.js";
import type { KeyedTable } from "../../records/keyed-table.js";
import type { StateHealth } from "../health.js";
import type { ApprovalKey, ParsedApprovalFilter } from "./filter.js";
import type { ApprovalRow } from "./row.js";

/**
 * The operations that a store provides for its approval queue. A store with tables provides a {@link KeyedTable} and
 * lets `createApprovalDriver` do the rest.
 */
export interface ApprovalDriver extends Pick<KeyedTable<ApprovalRow>, "now" | "find"> {
  /**
   * @param event records the insertion, and is stored in its transaction; where the audit log is elsewhere, it is left out
   * @returns whether it was stored; false when the key is already in use
   */
  insert(row: ApprovalRow, event: AuditEventRow): Promise<boolean>;
  /**
   * Atomically replaces a request with the result of `change`. Nothing is written when `change` returns what it received.
   * If `change` throws, nothing changes.
   * @param change is not called for an unknown request; called again with the current row when the store retries
   * @param record makes the event, as for `insert`
   * @returns what is stored afterwards; `undefined` for an unknown request
   */
  replace(
    requestId: string,
    change: ApprovalChange,
    record: RecordChange<ApprovalRow>,
  ): Promise<ApprovalRow | undefined>;
  /** Ordered by `(submittedAt, requestId)`, the id in code-point order, starting after `after`; states as of `now`. */
  list(
    filter: ParsedApprovalFilter,
    after: ApprovalKey | undefined,
    limit: number,
    now: number,
  ): Promise<readonly ApprovalRow[]>;
  /** Up to `limit` requests that expired before `now`, which is not written down yet. */
  expired(now: number, limit: number): Promise<readonly ApprovalRow[]>;
  /** Removes up to `limit` requests whose `decidedAt`, or without one `expiresAt`, is before this time. */
  purge(before: number, limit: number): Promise<void>;
  /**
   * Calls `wake` after the request changes, in any process. Extra or missed calls do no harm. Absent in stores without
   * notifications.
   * @returns an unsubscribe function
   */
  watch?(requestId: string, wake: () => void): () => void;
  health(): Promise<StateHealth>;
  close(): Promise<void>;
}

/**
 * Makes the row that replaces a stored one.
 * @param now the time of the driver's clock, read once the request is locked
 */
export type ApprovalChange = (stored: ApprovalRow, now: number) => ApprovalRow;
