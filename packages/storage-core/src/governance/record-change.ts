import type { AuditEventRow } from "../audit/row.js";

/**
 * Makes the audit event that records a change of a row. A table stores it in the transaction of the change.
 * @param before `undefined` for a new row
 * @param after `undefined` for a removed one
 * @param now milliseconds since the epoch, by the table's clock
 * @returns `undefined` for a change that is not recorded
 */
export type RecordChange<Row> = (
  before: Row | undefined,
  after: Row | undefined,
  now: number,
) => AuditEventRow | undefined;
