import type { JsonValue } from "@agent-assembly/storage-core";
import type { AnySql, TransactionSql } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";

/** The underscore excludes it from schema verification: plain PostgreSQL does not have it. */
const TABLE = "_aasm_timescale";

/** State that is not in the catalog of TimescaleDB: our jobs, the progress of a conversion, the filled aggregates. */
export class StateTable {
  readonly #table: string;

  constructor(schema: string) {
    this.#table = `${quoteIdentifier(schema)}.${TABLE}`;
  }

  /** All entries by name; empty when nothing was ever stored. */
  async read(sql: AnySql): Promise<Map<string, JsonValue>> {
    const [found] = await sql`SELECT to_regclass(${this.#table}) IS NOT NULL AS exists`;
    if (found?.exists !== true) return new Map();
    const rows = await sql.unsafe<{ name: string; value: string }[]>(`SELECT name, value FROM ${this.#table}`);
    return new Map(rows.map(({ name, value }) => [name, JSON.parse(value) as JsonValue]));
  }

  /** Reads one value and locks it until the transaction ends. */
  async lock(sql: TransactionSql, name: string): Promise<JsonValue | undefined> {
    const [row] = await sql.unsafe<{ value: string }[]>(`SELECT value FROM ${this.#table} WHERE name = $1 FOR UPDATE`, [
      name,
    ]);
    return row === undefined ? undefined : (JSON.parse(row.value) as JsonValue);
  }

  /** Readable by all users of the schema, because opening a store compares it with the desired state. */
  async create(sql: AnySql): Promise<void> {
    const [found] = await sql`SELECT to_regclass(${this.#table}) IS NOT NULL AS exists`;
    if (found?.exists === true) return;
    await sql.unsafe(`
      CREATE TABLE IF NOT EXISTS ${this.#table} (name text PRIMARY KEY, value jsonb NOT NULL);
      GRANT SELECT ON ${this.#table} TO PUBLIC`);
  }

  async write(sql: AnySql, name: string, value: JsonValue): Promise<void> {
    await sql.unsafe(
      `INSERT INTO ${this.#table} VALUES ($1, $2::text::jsonb) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      [name, JSON.stringify(value)],
    );
  }

  async remove(sql: AnySql, name: string): Promise<void> {
    await sql.unsafe(`DELETE FROM ${this.#table} WHERE name = $1`, [name]);
  }
}

/** Names of entries. */
export const entry = {
  compressionPolicy: (table: string): string => `compression policy of ${table}`,
  refreshPolicy: (aggregate: string): string => `refresh policy of ${aggregate}`,
  filled: (aggregate: string): string => `filled ${aggregate}`,
  conversion: (table: string): string => `conversion of ${table}`,
} as const;

/** Ids of the jobs that we created. @param state as read */
export function ownJobs(state: ReadonlyMap<string, JsonValue>): ReadonlySet<number> {
  return new Set([...state.values()].filter((value) => typeof value === "number"));
}
