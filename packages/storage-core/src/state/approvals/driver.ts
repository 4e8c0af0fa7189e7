import type { KeyedTable } from "../../records/keyed-table.js";
import type { StateHealth } from "../health.js";
import type { ApprovalKey, ParsedApprovalFilter } from "./filter.js";
import type { ApprovalRow } from "./row.js";

/**
 * The operations that a store provides for its approval queue. A store with tables provides a {@link KeyedTable} and
 * lets `createApprovalDriver` do the rest.
 */
export interface ApprovalDriver extends Pick<KeyedTable<ApprovalRow>, "now" | "insert" | "find" | "replace"> {
  /** Ordered by `(submittedAt, requestId)`, the id in code-point order, starting after `after`; states as of `now`. */
  list(
    filter: ParsedApprovalFilter,
    after: ApprovalKey | undefined,
    limit: number,
    now: number,
  ): Promise<readonly ApprovalRow[]>;
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
