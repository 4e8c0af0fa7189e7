import type { Clock } from "@agent-assembly/storage-core";
import type {
  AuditEventRow,
  Condition,
  KeyedTable,
  ListRequest,
  RecordChange,
  RowChange,
} from "@agent-assembly/storage-core/backend";
import { and, asc, desc, eq, getTableColumns, inArray, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { type Db, runDrizzle, type Transaction } from "../driver/drizzle.js";
import type { Pool } from "../driver/pool.js";
import { sqlOfLimits, untilUndisturbed } from "../driver/undisturbed.js";
import { fromTimestamp } from "../sql/timestamps.js";
import { type Columns, whereSql } from "./condition-sql.js";
import type { RecordedEvents } from "./recorded-events.js";

/** A table of drizzle whose rows are these. */
export type TableOf<Row> = PgTable & { readonly $inferSelect: Row };

export interface TableOptions<Row> {
  /** What one row is called, in the names of prepared statements. */
  readonly name: string;
  /**
   * `server` where processes must agree on the time, because their clocks differ: it costs a statement for each change
   * and each question.
   */
  readonly time: "server" | Clock;
  /** A statement that tells other processes of a changed row; part of the same transaction. */
  readonly announce?: (row: Row) => SQL | undefined;
  /** Where changes are recorded; absent: nowhere. */
  readonly events?: RecordedEvents | undefined;
}

/**
 * Records in one table. A change locks the row from before it is read until the commit, so that changes of one record are
 * serialized across processes. Statements are prepared if the pool allows it.
 */
export class PostgresKeyedTable<Row extends object> implements KeyedTable<Row> {
  readonly #columns: Columns;
  readonly #key: PgColumn;
  readonly #keyOf: (row: Row) => string;

  /** @param table its primary key is the key of its records */
  constructor(
    private readonly pool: Pool,
    private readonly table: TableOf<Row>,
    private readonly options: TableOptions<Row>,
  ) {
    this.#columns = getTableColumns(table);
    const [member, column] = Object.entries(this.#columns).find(([, { primary }]) => primary) as [string, PgColumn];
    this.#key = column;
    this.#keyOf = (row) => row[member as keyof Row] as string;
  }

  async now(): Promise<number> {
    const { time } = this.options;
    return time === "server" ? this.#run(serverTime) : time();
  }

  async insert(row: Row, event?: AuditEventRow): Promise<boolean> {
    const { events } = this.options;
    if (event === undefined || events === undefined)
      return untilUndisturbed(() => this.#run((db) => this.#insert(db, row)));
    await events.ready();
    const inserted = await this.#transaction(async (tx) => {
      if (!(await this.#insert(tx, row))) return false;
      await this.#store(tx, event);
      return true;
    });
    if (inserted) events.committed();
    return inserted;
  }

  find(key: string): Promise<Row | undefined> {
    return this.#run(async (db) => {
      const query = db
        .select()
        .from(this.table as PgTable)
        .where(eq(this.#key, key));
      const [row] = await query.prepare(`find_${this.options.name}`).execute();
      return row as Row | undefined;
    });
  }

  list({ where, order, after, limit }: ListRequest<Row>): Promise<readonly Row[]> {
    const columns = order.by.map((member) => this.#columns[member] as PgColumn);
    const descends = order.direction === "descending";
    return this.#run(async (db) => {
      const query = db
        .select()
        .from(this.table as PgTable)
        .where(and(where && whereSql(this.#columns, where), after && behind(columns, after, descends)))
        .orderBy(...columns.map((column) => (descends ? desc(column) : asc(column))));
      return (await (limit === undefined ? query : query.limit(limit))) as Row[];
    });
  }

  count(where: Condition<Row>, limit: number): Promise<number> {
    return this.#run(async (db) => {
      const found = db
        .select({ one: sql`1`.as("one") })
        .from(this.table as PgTable)
        .where(whereSql(this.#columns, where))
        .limit(limit)
        .as("found");
      const [row] = await db.select({ count: sql<number>`count(*)::integer` }).from(found);
      return row?.count ?? 0;
    });
  }

  /** Repeated with the newest row when the server rolls it back in favour of another transaction. */
  async replace(key: string, change: RowChange<Row>, record?: RecordChange<Row>): Promise<Row | undefined> {
    const { events } = this.options;
    let event: AuditEventRow | undefined;
    if (record !== undefined) await events?.ready();
    const next = await this.#transaction((tx) => {
      event = undefined;
      return this.#replace(tx, key, change, (before, after, now) => {
        event = events && record?.(before, after, now);
        return event;
      });
    });
    if (event !== undefined) events?.committed();
    return next;
  }

  async remove(where: Condition<Row>, limit: number): Promise<void> {
    await this.#run((db) => {
      const keys = db
        .select({ key: this.#key })
        .from(this.table as PgTable)
        .where(whereSql(this.#columns, where))
        .limit(limit)
        .for("update", { skipLocked: true });
      return db.delete(this.table).where(inArray(this.#key, keys));
    });
  }

  #transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { options } = this.pool;
    return untilUndisturbed(() =>
      this.#run((db) =>
        db.transaction(async (tx) => {
          if (!options.prepare) await tx.execute(sql.raw(sqlOfLimits(options)));
          return work(tx);
        }),
      ),
    );
  }

  async #replace(
    tx: Transaction,
    key: string,
    change: RowChange<Row>,
    record: RecordChange<Row>,
  ): Promise<Row | undefined> {
    for (;;) {
      const [stored, now] = await this.#lock(tx, key);
      const next = change(stored, now);
      if (next === stored) return next;
      if (stored !== undefined) {
        await Promise.all([this.#write(tx, stored, next), this.#store(tx, record(stored, next, now))]);
        return next;
      }
      // There was no row to lock: another process may have been faster.
      if (next !== undefined && (await this.#insert(tx, next))) {
        await this.#store(tx, record(stored, next, now));
        return next;
      }
    }
  }

  async #store(tx: Transaction, event: AuditEventRow | undefined): Promise<void> {
    const { events } = this.options;
    if (event === undefined || events === undefined) return;
    const values = events.valuesOf(event).map((value) => sql`${value}`);
    await tx.execute(sql`SELECT ${sql.raw(events.function)}(${sql.join(values, sql`, `)})`);
  }

  /** The time is read by a separate statement, because it must be read after the row is locked. */
  async #lock(tx: Transaction, key: string): Promise<[stored: Row | undefined, now: number]> {
    const { name, time } = this.options;
    const query = tx
      .select()
      .from(this.table as PgTable)
      .where(eq(this.#key, key))
      .for("update");
    const [[row], now] = await Promise.all([
      query.prepare(`lock_${name}`).execute(),
      time === "server" ? serverTime(tx) : time(),
    ]);
    return [row as Row | undefined, now];
  }

  /** Writes only what differs: roles may not change every column. */
  async #write(tx: Transaction, stored: Row, next: Row | undefined): Promise<void> {
    const { name, announce } = this.options;
    const isRow = eq(this.#key, this.#keyOf(stored));
    if (next === undefined) {
      await tx.delete(this.table).where(isRow).prepare(`delete_${name}`).execute();
      return;
    }
    const changes = Object.entries(next).filter(([member, value]) => value !== stored[member as keyof Row]);
    if (changes.length === 0) return;
    // A statement for each set of columns; there are few.
    const columns = changes.map(([member]) => Object.keys(this.#columns).indexOf(member)).join("_");
    const update = tx.update(this.table).set(Object.fromEntries(changes)).where(isRow);
    const notice = announce?.(next);
    await Promise.all([
      update.prepare(`update_${name}_${columns}`).execute(),
      ...(notice === undefined ? [] : [tx.execute(notice)]),
    ]);
  }

  async #insert(db: Db | Transaction, row: Row): Promise<boolean> {
    const statement = db.insert(this.table).values(row).onConflictDoNothing().returning({ key: this.#key });
    const inserted = await statement.prepare(`insert_${this.options.name}`).execute();
    return inserted.length === 1;
  }

  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return runDrizzle(this.pool, work);
  }
}

/**
 * The server's current time. `now()` would return the start of the transaction, which may have waited for another one.
 */
async function serverTime(db: Db | Transaction): Promise<number> {
  const [row] = await db.execute<{ now: string }>(sql`SELECT clock_timestamp() AS now`);
  return fromTimestamp(row?.now as string);
}

/** The rows behind the one that has these values. */
function behind(columns: readonly PgColumn[], values: readonly (string | number)[], descends: boolean): SQL {
  const list = (parts: readonly SQL[]): SQL => sql.join([...parts], sql`, `);
  const left = list(columns.map((column) => sql`${column}`));
  const right = list(values.map((value, n) => sql`${sql.param(value, columns[n])}`));
  return descends ? sql`(${left}) < (${right})` : sql`(${left}) > (${right})`;
}
