import {
  AUDIT_EVENT_COLUMNS,
  type AuditEventRow,
  type CellSpan,
  COUNT_DIMENSIONS,
  COUNT_LEVEL_IDS,
  cellStart,
  toCellHour,
} from "@agent-assembly/storage-core/backend";
import type { Database, Statement } from "better-sqlite3";
import { join, type Sql, sql } from "../sql/fragment.js";
import { MEMBER_COLUMNS, type MemberValue } from "./layout.js";

/** Those of which counts are kept. */
const LEVELS = ["day", "month"] as const;

const NULLABLE: ReadonlySet<string> = new Set(
  AUDIT_EVENT_COLUMNS.filter(({ nullable }) => nullable).map(({ column }) => column),
);

const ROWS = `SELECT e.ts, ${MEMBER_COLUMNS.map((column) => `e.${column}`).join(", ")} FROM audit_events AS e
  WHERE e.seq IN (SELECT value FROM json_each(?))`;
/** As in the index that serves it. */
const IS_KEY = MEMBER_COLUMNS.map((column) =>
  NULLABLE.has(column) ? `ifnull(${column}, x'') = ifnull(?, x'')` : `${column} = ?`,
).join(" AND ");
const CELL = "level = ? AND hour = ? AND key_id = ?";

interface Statements {
  readonly rows: Statement<[string], [ts: number, ...members: MemberValue[]]>;
  readonly find: Statement<MemberValue[], { id: number }>;
  readonly insert: Statement<MemberValue[]>;
  readonly add: Statement<[level: number, hour: number, keyId: number, events: number]>;
  readonly take: Statement<[level: number, hour: number, keyId: number], { events: number }>;
  readonly remove: Statement<[level: number, hour: number, keyId: number]>;
}

/** The counts of dropped events over the connection that writes. To be called in the transactions that change the events. */
export class DroppedCounts {
  #statements: Statements | undefined;
  #exist = false;

  constructor(private readonly connection: Database) {}

  /** Counts events that are about to be deleted; some may be gone already. */
  add(seqs: readonly number[]): void {
    if (!this.#tablesExist()) return;
    const { rows, add } = this.#prepared();
    const groups = new Map<string, { ts: number; members: MemberValue[]; events: number }>();
    for (const [ts, ...members] of rows.iterate(JSON.stringify(seqs))) {
      const id = JSON.stringify([cellStart("day", ts), members]);
      const group = groups.get(id) ?? { ts, members, events: 0 };
      group.events++;
      groups.set(id, group);
    }
    for (const { ts, members, events } of groups.values()) {
      const key = this.#find(members) ?? this.#insert(members);
      for (const level of LEVELS) add.run(COUNT_LEVEL_IDS[level], hourOf(level, ts), key, events);
    }
  }

  /** Of an event that was restored: it counts as itself from now on. One that was not dropped here changes nothing. */
  takeBack(event: AuditEventRow): void {
    if (!this.#tablesExist()) return;
    const { take, remove } = this.#prepared();
    const key = this.#find(COUNT_DIMENSIONS.map((member) => stored(event[member])));
    if (key === undefined) return;
    for (const level of LEVELS) {
      const cell = [COUNT_LEVEL_IDS[level], hourOf(level, event.ts), key] as const;
      const left = take.get(...cell);
      // Days come first, and a month has what its days have.
      if (left === undefined) return;
      if (left.events <= 0) remove.run(...cell);
    }
  }

  /** They do not in a schema that `migrate: "off"` leaves as it is. */
  #tablesExist(): boolean {
    const found = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit_dropped_counts'";
    this.#exist ||= this.connection.prepare(found).get() !== undefined;
    return this.#exist;
  }

  #find(members: readonly MemberValue[]): number | undefined {
    return this.#prepared().find.get(...members)?.id;
  }

  #insert(members: readonly MemberValue[]): number {
    return Number(this.#prepared().insert.run(...members).lastInsertRowid);
  }

  #prepared(): Statements {
    this.#statements ??= prepare(this.connection);
    return this.#statements;
  }
}

function prepare(connection: Database): Statements {
  const columns = MEMBER_COLUMNS.join(", ");
  const places = MEMBER_COLUMNS.map(() => "?").join(", ");
  return {
    rows: connection.prepare<[string]>(ROWS).raw() as Statements["rows"],
    find: connection.prepare(`SELECT id FROM audit_dropped_keys WHERE ${IS_KEY}`),
    insert: connection.prepare(`INSERT INTO audit_dropped_keys (${columns}) VALUES (${places})`),
    add: connection.prepare(
      `INSERT INTO audit_dropped_counts (level, hour, key_id, events) VALUES (?, ?, ?, ?)
       ON CONFLICT (level, hour, key_id) DO UPDATE SET events = events + excluded.events`,
    ),
    take: connection.prepare(`UPDATE audit_dropped_counts SET events = events - 1 WHERE ${CELL} RETURNING events`),
    remove: connection.prepare(`DELETE FROM audit_dropped_counts WHERE ${CELL}`),
  };
}

/** What is asked of the counts of dropped events. */
export interface DroppedQuestion {
  /** Columns to count by, of the key `e` and of its agent `a`. */
  readonly groups: readonly Sql[];
  /** Start of the bucket of a time, which is an expression. */
  readonly bucket: ((time: string) => Sql) | undefined;
  /** What `e` must meet; `undefined`: all count. */
  readonly condition: Sql | undefined;
}

/** One row for each group: bucket, groups, how many events. */
export function selectDropped(spans: readonly CellSpan[], { groups, bucket, condition }: DroppedQuestion): Sql {
  const select = [...(bucket === undefined ? [] : [bucket("(d.hour * 3600000)")]), ...groups];
  const within = spans.map(({ level, from, to }) => ({
    sql: "(d.level = ? AND d.hour >= ? AND d.hour < ?)",
    values: [COUNT_LEVEL_IDS[level], toCellHour(from), toCellHour(to)],
  }));
  const range = within.length === 0 ? sql`FALSE` : sql`(${join(within, " OR ")})`;
  const where = condition === undefined ? range : sql`${range} AND ${condition}`;
  const by = select.length === 0 ? "" : `GROUP BY ${select.map((_, i) => i + 1).join(", ")}`;
  const columns = join([...select, sql`coalesce(sum(d.events), 0)`], ", ");
  return sql`SELECT ${columns} FROM audit_dropped_counts AS d CROSS JOIN audit_dropped_keys AS e ON e.id = d.key_id
    LEFT JOIN agent_registry AS a ON a.agent_id = e.agent_id WHERE ${where} ${by}`;
}

function hourOf(level: (typeof LEVELS)[number], ts: number): number {
  return toCellHour(cellStart(level, ts));
}

function stored(value: string | boolean | null): MemberValue {
  return typeof value === "boolean" ? Number(value) : value;
}
