import type { Clock } from "@agent-assembly/storage-core";
import type { Condition, KeyedTable, ListRequest, RowChange } from "@agent-assembly/storage-core/backend";
import { and, asc, desc, eq, getTableColumns, inArray, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { SqliteDrizzle } from "../driver/drizzle.js";
import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { type Columns, whereSql } from "./condition-sql.js";

/** What the tables of a file share. */
export interface SqliteRecordParts {
  readonly reader: SqliteDrizzle;
  readonly writer: SqliteDrizzle;
  readonly queue: WriteQueue;
  readonly yielder: EventLoopYielder;
  /** There is only the file between the processes of a machine, so the time is the process's. */
  readonly clock: Clock;
}

/** A table of drizzle whose rows are these. */
export type TableOf<Row> = SQLiteTable & { readonly $inferSelect: Row };

/** Records in one table: reads see the newest commit of any process, changes run one at a time. */
export class SqliteKeyedTable<Row extends object> implements KeyedTable<Row> {
  readonly #columns: Columns;
  readonly #key: SQLiteColumn;

  /** @param table its primary key is the key of its records */
  constructor(
    private readonly parts: SqliteRecordParts,
    private readonly table: TableOf<Row>,
  ) {
    this.#columns = getTableColumns(table);
    this.#key = Object.values(this.#columns).find(({ primary }) => primary) as SQLiteColumn;
  }

  async now(): Promise<number> {
    return this.parts.clock();
  }

  insert(row: Row): Promise<boolean> {
    const { queue, writer } = this.parts;
    return queue.transaction(() => writer.insert(this.table).values(row).onConflictDoNothing().run().changes === 1);
  }

  async find(key: string): Promise<Row | undefined> {
    await this.parts.yielder.due();
    return this.#read(this.parts.reader, key);
  }

  async list({ where, order, after, limit }: ListRequest<Row>): Promise<readonly Row[]> {
    await this.parts.yielder.due();
    const columns = order.by.map((member) => this.#columns[member] as SQLiteColumn);
    const descends = order.direction === "descending";
    const query = this.parts.reader
      .select()
      .from(this.table)
      .where(and(where && whereSql(this.#columns, where), after && behind(columns, after, descends)))
      .orderBy(...columns.map((column) => (descends ? desc(column) : asc(column))));
    return (limit === undefined ? query : query.limit(limit)).all() as Row[];
  }

  async count(where: Condition<Row>, limit: number): Promise<number> {
    await this.parts.yielder.due();
    const found = this.#keysWhere(this.parts.reader, where, limit).as("found");
    return this.parts.reader.select({ count: sql<number>`count(*)` }).from(found).get()?.count ?? 0;
  }

  replace(key: string, change: RowChange<Row>): Promise<Row | undefined> {
    const { queue, writer, clock } = this.parts;
    return queue.transaction(() => {
      const stored = this.#read(writer, key);
      const next = change(stored, clock());
      const isRow = eq(this.#key, key);
      if (next === stored) return next;
      if (next === undefined) writer.delete(this.table).where(isRow).run();
      else if (stored === undefined) writer.insert(this.table).values(next).run();
      else writer.update(this.table).set(next).where(isRow).run();
      return next;
    });
  }

  async remove(where: Condition<Row>, limit: number): Promise<void> {
    const { queue, writer } = this.parts;
    await queue.transaction(() => {
      writer
        .delete(this.table)
        .where(inArray(this.#key, this.#keysWhere(writer, where, limit)))
        .run();
    });
  }

  #read(db: SqliteDrizzle, key: string): Row | undefined {
    return db.select().from(this.table).where(eq(this.#key, key)).get() as Row | undefined;
  }

  #keysWhere(db: SqliteDrizzle, where: Condition<Row>, limit: number) {
    return db.select({ key: this.#key }).from(this.table).where(whereSql(this.#columns, where)).limit(limit);
  }
}

/** The rows behind the one that has these values. */
function behind(columns: readonly SQLiteColumn[], values: readonly (string | number)[], descends: boolean): SQL {
  const list = (parts: readonly SQL[]): SQL => sql.join([...parts], sql`, `);
  const left = list(columns.map((column) => sql`${column}`));
  const right = list(values.map((value) => sql`${value}`));
  return descends ? sql`(${left}) < (${right})` : sql`(${left}) > (${right})`;
}
