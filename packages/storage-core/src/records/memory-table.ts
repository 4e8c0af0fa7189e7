import type { AuditEventRow } from "../audit/row.js";
import type { RecordChange } from "../governance/record-change.js";
import { compareText } from "../support/text.js";
import type { Clock } from "../time/clock.js";
import { type BeforeChange, ignoreChange } from "./before-change.js";
import { type Condition, predicateOf } from "./condition.js";
import type { KeyedTable, ListRequest, RowChange, RowOrder } from "./keyed-table.js";

/** A change of a {@link MemoryKeyedTable}; plain data. */
export interface KeyedChange<Row> {
  /** Each key has its new row; `null` removes it. */
  readonly rows: readonly (readonly [key: string, row: Row | null])[];
  /** The audit event that records the change. */
  readonly event?: AuditEventRow;
}

/** Options of {@link MemoryKeyedTable}. */
export interface MemoryTableOptions<Row> {
  /** Default: nothing is called. */
  readonly beforeChange?: BeforeChange<KeyedChange<Row>> | undefined;
  /** Stores the event that records a change, with the change. Default: changes are not recorded. */
  readonly storeEvent?: ((event: AuditEventRow) => void) | undefined;
}

/** Rows in a map; synchronous, so that no two changes overlap. */
export class MemoryKeyedTable<Row extends object> implements KeyedTable<Row> {
  readonly #rows = new Map<string, Row>();
  readonly #beforeChange: BeforeChange<KeyedChange<Row>>;

  /** @param key the member that is the key */
  constructor(
    private readonly key: keyof Row & string,
    private readonly clock: Clock,
    private readonly options: MemoryTableOptions<Row> = {},
  ) {
    this.#beforeChange = options.beforeChange ?? ignoreChange;
  }

  /** Makes a change again that `beforeChange` was called with, and does not call it. The event is the caller's to store. */
  apply(change: KeyedChange<Row>): void {
    for (const [key, row] of change.rows) {
      if (row === null) this.#rows.delete(key);
      else this.#rows.set(key, row);
    }
  }

  /** All rows, in the order of insertion. */
  get rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  /** Number of rows. */
  get size(): number {
    return this.#rows.size;
  }

  /** As {@link find}, at once. */
  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  async now(): Promise<number> {
    return this.clock();
  }

  async insert(row: Row, event?: AuditEventRow): Promise<boolean> {
    const key = row[this.key] as string;
    if (this.#rows.has(key)) return false;
    this.#change([[key, row]], event);
    return true;
  }

  async find(key: string): Promise<Row | undefined> {
    return this.#rows.get(key);
  }

  async list({ where, order, after, limit }: ListRequest<Row>): Promise<readonly Row[]> {
    const matches = where && predicateOf(where);
    const compare = comparing(order);
    const last = after && (Object.fromEntries(order.by.map((member, n) => [member, after[n]])) as Row);
    const found: Row[] = [];
    for (const row of this.#rows.values()) {
      if (matches !== undefined && !matches(row)) continue;
      if (last === undefined || compare(row, last) > 0) found.push(row);
    }
    return found.sort(compare).slice(0, limit);
  }

  async count(where: Condition<Row>, limit: number): Promise<number> {
    return Math.min(limit, this.rows.filter(predicateOf(where)).length);
  }

  async replace(key: string, change: RowChange<Row>, record?: RecordChange<Row>): Promise<Row | undefined> {
    const stored = this.#rows.get(key);
    const now = this.clock();
    const next = change(stored, now);
    if (next !== stored) this.#change([[key, next ?? null]], record?.(stored, next, now));
    return next;
  }

  async remove(where: Condition<Row>, limit: number): Promise<void> {
    const gone = this.rows.filter(predicateOf(where)).slice(0, limit);
    if (gone.length > 0) this.#change(gone.map((row) => [row[this.key] as string, null]));
  }

  #change(rows: KeyedChange<Row>["rows"], event?: AuditEventRow): void {
    const { storeEvent } = this.options;
    const isRecorded = event !== undefined && storeEvent !== undefined;
    const change = isRecorded ? { rows, event } : { rows };
    this.#beforeChange(change);
    this.apply(change);
    if (isRecorded) storeEvent(event);
  }
}

function comparing<Row>({ by, direction }: RowOrder<Row>): (a: Row, b: Row) => number {
  const sign = direction === "descending" ? -1 : 1;
  return (a, b) => {
    for (const member of by) {
      const compared = compareValues(a[member], b[member]);
      if (compared !== 0) return sign * compared;
    }
    return 0;
  };
}

/** Numbers by size, text by code point. */
function compareValues(a: unknown, b: unknown): number {
  return typeof a === "number" && typeof b === "number" ? a - b : compareText(String(a), String(b));
}
