import { StorageError } from "@agent-assembly/storage-core";
import { type NormalizedDrop, throwIfAborted, tierErrors } from "@agent-assembly/storage-core/backend";
import { Bindings } from "../audit/filter-sql.js";
import { maintain } from "../driver/maintenance.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { DATASET_TABLES } from "../timescale/chunks/chunks.js";
import { HoldGuard, type Target } from "./hold-guard.js";
import { all, type Part } from "./slice-sql.js";

export interface Counted {
  readonly rows: number;
  /** When the last of them happened; milliseconds since the epoch, the beginning of the segment where there are none. */
  readonly newest: number;
  /** The blocks of the table that hold them: the first one, and the one behind the last. */
  readonly blocks: readonly [number, number];
}

interface CountRow {
  readonly rows: number;
  readonly held: number;
  readonly newest: number | null;
  readonly start: number | null;
  readonly end: number | null;
}

const BLOCKS = "(min(e.ctid)::text::point)[0] AS start, (max(e.ctid)::text::point)[0] + 1 AS end";
const NO_BLOCKS = "NULL::float8 AS start, NULL::float8 AS end";

export type DropRequest = Pick<NormalizedDrop, "expected" | "signal" | "onProgress">;

/** What the steps of one drop share: how many rows are gone, the holds that were looked at, and whether to go on. */
export class DropRun {
  readonly holds: HoldGuard;
  /** The dataset's table, quoted, with its schema. */
  readonly table: string;
  readonly #schema: string;
  #removed = 0;

  /** @param settled false when somebody who inserts was not waited for, so that rows beside it are not counted */
  constructor(
    readonly pool: Pool,
    readonly part: Part,
    private readonly request: DropRequest,
    private readonly settled: boolean = true,
  ) {
    this.#schema = quoteIdentifier(pool.options.schema);
    this.table = `${this.#schema}.${DATASET_TABLES[part.dataset]}`;
    this.holds = new HoldGuard(pool.options.schema, part);
  }

  get removed(): number {
    return this.#removed;
  }

  /** How many rows may still be deleted. */
  get left(): number {
    return this.request.expected - this.#removed;
  }

  get totals(): string {
    return `${this.#schema}.metric_totals`;
  }

  /** Between two steps. */
  goOn(): void {
    throwIfAborted(this.request.signal);
  }

  /** After each step. */
  report(rows: number): void {
    if (rows === 0) return;
    this.#removed += rows;
    this.request.onProgress(this.#removed);
  }

  /**
   * Counts what is meant, before the first step and anew where the table changed its form.
   * @param located whether the blocks are wanted, which compressed rows do not have
   * @throws `conflict` when it is not as many rows as expected, or one of them is under a hold; only before the first step
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
           (extract(epoch FROM max(e.ts)) * 1000)::float8 AS newest, ${located ? BLOCKS : NO_BLOCKS}
         FROM ${target.table} AS e WHERE ${where}`,
        bindings.values,
      );
      const { rows = 0, held: heldRows = 0, newest, start, end } = row ?? {};
      if (first) await this.verify(sql, target, rows, heldRows);
      return { rows, newest: newest ?? this.part.from, blocks: [start ?? 0, end ?? 0] };
    });
  }

  /** @throws `conflict` */
  async verify(sql: TransactionSql, target: Target, rows: number, held: number): Promise<void> {
    const { expected } = this.request;
    if (rows !== expected) {
      if (this.settled) throw tierErrors.changed(expected, rows);
      throw new StorageError({
        code: "busy",
        message:
          "a transaction that inserts events is still open, so the segment's rows cannot be counted; nothing was dropped: " +
          "end it, or leave out what is committed meanwhile by upTo",
      });
    }
    if (held > 0) throw await this.holds.refusal(sql, target, rows);
  }

  /**
   * For the transaction of each step, when it has locked what it deletes from.
   * @throws `conflict` when a hold was placed that covers some of what is left
   */
  async guard(sql: TransactionSql, target: Target): Promise<void> {
    const { placed } = await this.holds.lock(sql, target);
    if (!placed) return;
    if (this.#removed > 0) throw tierErrors.heldMeanwhile(this.#removed, this.request.expected);
    throw await this.holds.refusal(sql, target, this.request.expected);
  }

  /**
   * What is meant and not under a hold. Of events nothing is, since they were looked at and none comes later; samples may
   * have come since they were counted.
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
