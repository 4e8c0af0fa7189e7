import type { AuditEventRow } from "../audit/row.js";
import type { RecordChange } from "../governance/record-change.js";
import type { Condition } from "./condition.js";

/** Members of a row, in the order in which they sort it. The last one is the key, so that no two rows are equal. */
export interface RowOrder<Row> {
  readonly by: readonly (keyof Row & string)[];
  /** Default `ascending`. */
  readonly direction?: "ascending" | "descending";
}

/** Which rows of a {@link KeyedTable} are wanted, and in which order. */
export interface ListRequest<Row> {
  /** Default: all rows. */
  readonly where?: Condition<Row> | undefined;
  /** Text sorts by code point. */
  readonly order: RowOrder<Row>;
  /** Values of the members of `order`: starts behind the row that has them. Default: at the first row. */
  readonly after?: readonly (string | number)[] | undefined;
  /** Default: no limit. */
  readonly limit?: number | undefined;
}

/**
 * The operations that a backend provides for one kind of record: rows with one text key. The rules (what is allowed to
 * follow on what, and which error says so) are in core; a table stores rows and knows none of them. Members of rows are text,
 * numbers and `null`: what has structure, such as metadata, is JSON text.
 */
export interface KeyedTable<Row> {
  /** Milliseconds since the epoch, by the clock that {@link replace} uses. */
  now(): Promise<number>;
  /**
   * @param event records the insertion, and is stored with the row
   * @returns whether it was stored; false when the key is already in use
   */
  insert(row: Row, event?: AuditEventRow): Promise<boolean>;
  find(key: string): Promise<Row | undefined>;
  list(request: ListRequest<Row>): Promise<readonly Row[]>;
  /** How many rows meet a condition; counts up to `limit`. */
  count(where: Condition<Row>, limit: number): Promise<number>;
  /**
   * Atomically replaces what is stored under a key with the result of `change`; `undefined` removes it. Nothing is
   * written when `change` returns what it received. If `change` throws, nothing changes.
   * @param change receives `undefined` for an unknown key, and the time, read once the row is locked; called again with
   *   the current row when the backend retries
   * @param record makes the event that is stored in the transaction of the change; called for what is written only
   * @returns what is stored afterwards
   */
  replace(key: string, change: RowChange<Row>, record?: RecordChange<Row>): Promise<Row | undefined>;
  /** Removes up to `limit` rows that meet a condition. */
  remove(where: Condition<Row>, limit: number): Promise<void>;
}

/** A change of one row: see {@link KeyedTable.replace}. */
export type RowChange<Row> = (stored: Row | undefined, now: number) => Row | undefined;
