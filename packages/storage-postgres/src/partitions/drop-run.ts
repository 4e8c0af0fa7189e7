import { type ParsedDrop, partitionErrors, throwIfAborted } from "@agent-assembly/storage-core/backend";
import { type CountTables, countTables } from "../counts/tables.js";
import { maintain } from "../driver/maintenance.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { type MetricTables, metricTables } from "../metrics/tables.js";
import { Bindings } from "../sql/bindings.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { DATASET_TABLES } from "./chunks/chunks.js";
import { HoldGuard, type Target } from "./hold-guard.js";
import { all, type Part } from "./slice-sql.js";

export interface Counted {
  readonly rows: number;
  /** The blocks of the table that hold them: first (inclusive) and last (exclusive). */
  readonly blocks: readonly [number, number];
}

interface CountRow {
  readonly rows: number;
  readonly held: number;
  readonly start: number | null;
  readonly end: number | null;
}

const BLOCKS = "(min(e.ctid)::text::point)[0] AS start, (max(e.ctid)::text::point)[0] + 1 AS end";
const NO_BLOCKS = "NULL::float8 AS start, NULL::float8 AS end";

export type DropRequest = Pick<ParsedDrop, "expected" | "signal" | "onProgress" | "keepCounts">;

/** The shared state of the steps of one drop: rows deleted so far, holds already checked, and the abort signal. */
export class DropRun {
  readonly holds: HoldGuard;
  /** The dataset's table, quoted, with its schema. */
  readonly table: string;
  readonly metrics: MetricTables;
  readonly counts: CountTables;
  #removed = 0;

  constructor(
    readonly pool: Pool,
    readonly part: Part,
    private readonly request: DropRequest,
  ) {
    this.table = `${quoteIdentifier(pool.options.schema)}.${DATASET_TABLES[part.dataset]}`;
    this.metrics = metricTables(pool.options.schema);
    this.counts = countTables(pool.options.schema);
    this.holds = new HoldGuard(pool.options.schema, part);
  }

  get removed(): number {
    return this.#removed;
  }

  /** Whether counts of the deleted events stay. */
  get keepsCounts(): boolean {
    return this.part.dataset === "audit" && this.request.keepCounts;
  }

  /** How many rows may still be deleted. */
  get left(): number {
    return this.request.expected - this.#removed;
  }

  /** Between two steps. */
  throwIfStopped(): void {
    throwIfAborted(this.request.signal);
  }

  /** After each step. */
  report(rows: number): void {
    if (rows === 0) return;
    this.#removed += rows;
    this.request.onProgress(this.#removed);
  }

  /**
   * Counts the selected rows, before the first step and again when the table changed its form.
   * @param located whether to find the blocks, which compressed rows do not have
   * @throws `conflict` when the count differs from the expected one, or a row is under a hold; only before the first
   *   step
   */
  count(target: Target, located: boolean): Promise<Counted> {
    return maintain(this.pool, async (sql) => {
      const first = this.#removed === 0;
      if (first) await this.holds.note(sql);
      const bindings = new Bindings();
      const where = all(target.conditions(bindings));
      const held = all(this.holds.held(bindings));
      const [row] = await sql.unsafe<CountRow[]>(
        `SELECT count(*)::float8 AS rows, count(*) FILTER (WHERE ${held})::float8 AS held,
           ${located ? BLOCKS : NO_BLOCKS}
         FROM ${target.table} AS e WHERE ${where}`,
        bindings.values,
      );
      const { rows = 0, held: heldRows = 0, start, end } = row ?? {};
      if (first) await this.verify(sql, target, rows, heldRows);
      return { rows, blocks: [start ?? 0, end ?? 0] };
    });
  }

  /** @throws `conflict` */
  async verify(sql: TransactionSql, target: Target, rows: number, held: number): Promise<void> {
    const { expected } = this.request;
    if (rows !== expected) throw partitionErrors.changed(expected, rows);
    if (held > 0) throw await this.holds.refusal(sql, target, rows);
  }

  /**
   * Call in the transaction of each step, after it has locked the rows' table.
   * @throws `conflict` when a new hold covers some of the remaining rows
   */
  async guard(sql: TransactionSql, target: Target): Promise<void> {
    const { placed } = await this.holds.lock(sql, target);
    if (!placed) return;
    if (this.#removed > 0) throw partitionErrors.heldMeanwhile(this.#removed, this.request.expected);
    throw await this.holds.refusal(sql, target, this.request.expected);
  }

  /**
   * Restricts a target to rows without a hold. Events need no restriction: they were checked, and later ones are not
   * selected. Samples may have arrived since they were counted.
   */
  deletable({ table, conditions }: Target): Target {
    if (this.part.dataset === "audit") return { table, conditions };
    return {
      table,
      conditions: (bindings) => [
        ...conditions(bindings),
        ...this.holds.held(bindings).map((one) => `${one} IS NOT TRUE`),
      ],
    };
  }
}
