import type { AuditFilter } from "../audit/store.js";

/**
 * A part of a partition: the rows that match one of `only` (all rows when it is absent, none when it is empty) and none of
 * `except`; up to 1,000 filters each. A member that a row lacks matches no value, so `except` never
 * leaves out a row for what it lacks. Of metric samples only `agentId`, `teamId`, `from` and `to` can be asked.
 */
export interface Selection {
  readonly only?: readonly AuditFilter[] | undefined;
  readonly except?: readonly AuditFilter[] | undefined;
}
