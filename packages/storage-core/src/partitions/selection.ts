import type { AuditFilter } from "../audit/store.js";

/** Most filters in each list of a selection. */
export const MAX_SELECTION_FILTERS = 1000;

/**
 * A part of a segment: the rows that match one of `only` (all rows when it is absent, none when it is empty) and none of
 * `except`; up to {@link MAX_SELECTION_FILTERS} filters each. A member that a row lacks matches no value, so `except` never
 * leaves out a row for what it lacks. Of metric samples only `agentId`, `teamId`, `from` and `to` can be asked.
 */
export interface Selection {
  readonly only?: readonly AuditFilter[] | undefined;
  readonly except?: readonly AuditFilter[] | undefined;
}
