import type { Clock } from "@agent-assembly/storage-core";
import type {
  AuditEventRow,
  Condition,
  KeyedTable,
  ListRequest,
  RecordChange,
  RowChange,
} from "@agent-assembly/storage-core/backend";
import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { StatementCache } from "../driver/statement-cache.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { whereSql } from "./condition-sql.js";
import type { RecordedEvents } from "./recorded-events.js";

/** What the tables of a file share. */
export interface SqliteRecordParts {
  readonly reads: StatementCache;
  /** Of the writing connection; used in jobs of the queue only. */
  readonly writes: StatementCache;
  readonly queue: WriteQueue;
  readonly yielder: EventLoopYielder;
  /** There is only the file between the processes of a machine, so the time is the process's. */
  readonly clock: Clock;
  /** Where changes are recorded; absent: nowhere. */
  readonly events?: RecordedEvents | undefined;
}

/** A table of drizzle whose rows are these: texts and numbers, which cross the driver as they are. */
export type TableOf<Row> = SQLiteTable & { readonly $inferSelect: Row };

/**
 * Records in one table: reads see the newest commit of any process, changes run one at a time. The table's description is
 * drizzle's. The statements are not: they have few forms, each is prepared once, and drizzle would put them together anew
 * for every call, which takes longer than running them.
 */
export class SqliteKeyedTable<Row extends object> implements KeyedTable<Row> {
  readonly #members: readonly (keyof Row & string)[];
  /** Quoted, by member. */
  readonly #columns: Readonly<Record<string, string>>;
  readonly #table: string;
  readonly #key: string;
  readonly #select: string;

  /** @param table its primary key is the key of its records */
  constructor(
    private readonly parts: SqliteRecordParts,
    table: TableOf<Row>,
  ) {
    const columns = Object.entries(getTableColumns(table));
    this.#members = columns.map(([member]) => member as keyof Row & string);
    this.#columns = Object.fromEntries(columns.map(([member, { name }]) => [member, `"${name}"`]));
    this.#table = `"${getTableName(table)}"`;
    this.#key = `"${columns.find(([, { primary }]) => primary)?.[1].name}"`;
    const list = columns.map(([member, { name }]) => `"${name}" AS "${member}"`).join(", ");
    this.#select = `SELECT ${list} FROM ${this.#table}`;
  }

  async now(): Promise<number> {
    return this.parts.clock();
  }

  insert(row: Row, event?: AuditEventRow): Promise<boolean> {
    return this.#transaction((recorded) => {
      if (this.#insert(row, "ON CONFLICT DO NOTHING") !== 1) return false;
      recorded(event);
      return true;
    });
  }

  async find(key: string): Promise<Row | undefined> {
    await this.parts.yielder.due();
    return this.#read(this.parts.reads, key);
  }

  async list({ where, order, after, limit }: ListRequest<Row>): Promise<readonly Row[]> {
    await this.parts.yielder.due();
    const columns = order.by.map((member) => this.#columns[member] as string);
    const [direction, behind] = order.direction === "descending" ? ["DESC", "<"] : ["ASC", ">"];
    const wanted = [
      ...(where === undefined ? [] : [whereSql(this.#columns, where)]),
      ...(after === undefined
        ? []
        : [{ sql: `(${columns.join(", ")}) ${behind} (${columns.map(() => "?").join(", ")})`, values: after }]),
    ];
    const sql = [
      this.#select,
      ...(wanted.length === 0 ? [] : [`WHERE ${wanted.map((one) => one.sql).join(" AND ")}`]),
      `ORDER BY ${columns.map((column) => `${column} ${direction}`).join(", ")}`,
      // SQLite takes -1 for no limit.
      "LIMIT ?",
    ].join(" ");
    return this.parts.reads.objects<Row>(sql).all(...wanted.flatMap(({ values }) => values), limit ?? -1);
  }

  async count(where: Condition<Row>, limit: number): Promise<number> {
    await this.parts.yielder.due();
    const { sql, values } = whereSql(this.#columns, where);
    const counted = `SELECT count(*) FROM (SELECT 1 FROM ${this.#table} WHERE ${sql} LIMIT ?)`;
    return this.parts.reads.rows<[number]>(counted).get(...values, limit)?.[0] ?? 0;
  }

  replace(key: string, change: RowChange<Row>, record?: RecordChange<Row>): Promise<Row | undefined> {
    const { writes, clock } = this.parts;
    return this.#transaction((recorded) => {
      const stored = this.#read(writes, key);
      const now = clock();
      const next = change(stored, now);
      if (next === stored) return next;
      if (next === undefined) writes.objects(`DELETE FROM ${this.#table} WHERE ${this.#key} = ?`).run(key);
      else if (stored === undefined) this.#insert(next);
      else this.#update(key, next);
      recorded(record?.(stored, next, now));
      return next;
    });
  }

  async remove(where: Condition<Row>, limit: number): Promise<void> {
    const { sql, values } = whereSql(this.#columns, where);
    const keys = `SELECT ${this.#key} FROM ${this.#table} WHERE ${sql} LIMIT ?`;
    const { queue, writes } = this.parts;
    await queue.transaction(() => {
      writes.objects(`DELETE FROM ${this.#table} WHERE ${this.#key} IN (${keys})`).run(...values, limit);
    });
  }

  /** @param work is given what stores the event that records its change */
  async #transaction<T>(work: (recorded: (event: AuditEventRow | undefined) => void) => T): Promise<T> {
    const { queue, events } = this.parts;
    let isRecorded = false;
    const result = await queue.transaction(() =>
      work((event) => {
        isRecorded = events?.store(event) === true;
      }),
    );
    if (isRecorded) events?.committed();
    return result;
  }

  #read(statements: StatementCache, key: string): Row | undefined {
    return statements.objects<Row>(`${this.#select} WHERE ${this.#key} = ?`).get(key);
  }

  /** @returns how many rows were inserted */
  #insert(row: Row, onConflict = ""): number {
    const columns = this.#members.map((member) => this.#columns[member]);
    const sql = `INSERT INTO ${this.#table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
    return this.parts.writes.objects(`${sql} ${onConflict}`).run(...this.#valuesOf(row)).changes;
  }

  #update(key: string, row: Row): void {
    const set = this.#members.map((member) => `${this.#columns[member]} = ?`).join(", ");
    this.parts.writes
      .objects(`UPDATE ${this.#table} SET ${set} WHERE ${this.#key} = ?`)
      .run(...this.#valuesOf(row), key);
  }

  #valuesOf(row: Row): unknown[] {
    return this.#members.map((member) => row[member]);
  }
}
