import { compareText } from "../support/text.js";
import type { Clock } from "../time/clock.js";
import { type Condition, predicateOf } from "./condition.js";
import type { KeyedTable, ListRequest, RowChange, RowOrder } from "./keyed-table.js";

/** Rows in a map; synchronous, so that no two changes overlap. */
export class MemoryKeyedTable<Row extends object> implements KeyedTable<Row> {
  readonly #rows = new Map<string, Row>();

  /** @param key the member that is the key */
  constructor(
    private readonly key: keyof Row & string,
    private readonly clock: Clock,
  ) {}

  /** All rows, in the order of insertion. */
  get rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  async now(): Promise<number> {
    return this.clock();
  }

  async insert(row: Row): Promise<boolean> {
    const key = row[this.key] as string;
    if (this.#rows.has(key)) return false;
    this.#rows.set(key, row);
    return true;
  }

  async find(key: string): Promise<Row | undefined> {
    return this.#rows.get(key);
  }

  async list({ where, order, after, limit }: ListRequest<Row>): Promise<readonly Row[]> {
    const found = where === undefined ? this.rows : this.rows.filter(predicateOf(where));
    const compare = comparing(order);
    return found
      .map((row) => ({ row, values: order.by.map((member) => row[member] as string | number) }))
      .filter(({ values }) => after === undefined || compare(values, after) > 0)
      .sort((a, b) => compare(a.values, b.values))
      .slice(0, limit)
      .map(({ row }) => row);
  }

  async count(where: Condition<Row>, limit: number): Promise<number> {
    return Math.min(limit, this.rows.filter(predicateOf(where)).length);
  }

  async replace(key: string, change: RowChange<Row>): Promise<Row | undefined> {
    const next = change(this.#rows.get(key), this.clock());
    if (next === undefined) this.#rows.delete(key);
    else this.#rows.set(key, next);
    return next;
  }

  async remove(where: Condition<Row>, limit: number): Promise<void> {
    for (const row of this.rows.filter(predicateOf(where)).slice(0, limit)) this.#rows.delete(row[this.key] as string);
  }
}

type Values = readonly (string | number)[];

function comparing({ direction }: Pick<RowOrder<never>, "direction">): (a: Values, b: Values) => number {
  const sign = direction === "descending" ? -1 : 1;
  return (a, b) => {
    for (const [n, value] of a.entries()) {
      const compared = compareValues(value, b[n] as string | number);
      if (compared !== 0) return sign * compared;
    }
    return 0;
  };
}

function compareValues(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : compareText(String(a), String(b));
}
