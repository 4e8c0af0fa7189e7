import type { StateHealth } from "../health.js";
import type { ApprovalKey, NormalizedApprovalFilter } from "./filter.js";
import type { StoredApproval } from "./stored.js";

/** The operations that a store provides for its approval queue. */
export interface ApprovalTable {
  /** Milliseconds since the epoch, by the clock shared by all processes that use the table. */
  now(): Promise<number>;
  /**
   * @returns what is now stored under its `requestId`: the given request, or the unchanged request that was there
   *   before
   */
  insert(approval: StoredApproval): Promise<StoredApproval>;
  find(requestId: string): Promise<StoredApproval | undefined>;
  /**
   * Atomically replaces a request with the result of `change`. Nothing is written when `change` returns the object it
   * received. If `change` throws, nothing changes.
   * @param change receives `undefined` for an unknown request, and the time of the table's clock, read once the request
   *   is locked; called again with the current state when the store retries
   * @returns what is stored afterwards
   */
  replace(
    requestId: string,
    change: (stored: StoredApproval | undefined, now: number) => StoredApproval,
  ): Promise<StoredApproval>;
  /** Ordered by `(submittedAt, requestId)`, the id in code-point order, starting after `after`; states as of `now`. */
  list(
    filter: NormalizedApprovalFilter,
    after: ApprovalKey | undefined,
    limit: number,
    now: number,
  ): Promise<readonly StoredApproval[]>;
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
