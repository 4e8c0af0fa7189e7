import type { StateHealth } from "../health.js";
import type { ApprovalKey, NormalizedApprovalFilter } from "./filter.js";
import type { StoredApproval } from "./stored.js";

/** What an approval queue needs from its store. */
export interface ApprovalTable {
  /** Milliseconds since the epoch, by the clock that all processes that share the table go by. */
  now(): Promise<number>;
  /** @returns what is stored under its `requestId` now: the given one, or the one that was there before, untouched */
  insert(approval: StoredApproval): Promise<StoredApproval>;
  find(requestId: string): Promise<StoredApproval | undefined>;
  /**
   * Replaces a request by what `change` makes of it, with nobody else changing it meanwhile. When `change` returns the
   * very object it got, nothing is written. What it throws leaves everything as it was.
   * @param change gets `undefined` for an unknown request, and the time by the table's clock, read after nobody else could
   *   change the request any more; called again, with the new state, when the store starts over
   * @returns what is stored then
   */
  replace(
    requestId: string,
    change: (stored: StoredApproval | undefined, now: number) => StoredApproval,
  ): Promise<StoredApproval>;
  /** By `(submittedAt, requestId)`, the id in code-point order, behind `after`; states as of `now`. */
  list(
    filter: NormalizedApprovalFilter,
    after: ApprovalKey | undefined,
    limit: number,
    now: number,
  ): Promise<readonly StoredApproval[]>;
  /** Removes up to `limit` requests whose `decidedAt`, or without one `expiresAt`, is before this time. */
  purge(before: number, limit: number): Promise<void>;
  /**
   * Calls `wake` after changes of the request, from wherever they come; a call too many or too few does no harm.
   * Stores that cannot tell leave it out.
   * @returns ends it
   */
  watch?(requestId: string, wake: () => void): () => void;
  health(): Promise<StateHealth>;
  close(): Promise<void>;
}
