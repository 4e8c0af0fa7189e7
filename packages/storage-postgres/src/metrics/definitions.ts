import type { MetricDefinition, MetricKind } from "@agent-assembly/storage-core";
import { changesSamples, type DefineOutcome } from "@agent-assembly/storage-core/backend";
import type { AnySql, Pool } from "../driver/pool.js";
import type { ReadServer } from "../driver/read-server.js";
import { rows } from "../driver/statement.js";
import { sqlOfLimits } from "../driver/undisturbed.js";
import type { MetricTables } from "./tables.js";

type DefinitionRow = readonly [name: string, unit: string | null, kind: MetricKind, decimals: number | null];

const COLUMNS = "name, unit, kind, decimals";

export async function readDefinitions(server: ReadServer, { definitions }: MetricTables): Promise<MetricDefinition[]> {
  const statement = { text: `SELECT ${COLUMNS} FROM ${definitions}`, values: [] };
  const found = await server.read((sql) => rows<DefinitionRow>(sql, statement, server.pool.options.prepare));
  return found.map(toDefinition);
}

/** Declares a metric that has no declaration, unless it has samples that the declaration would change the meaning of. */
export async function define(pool: Pool, tables: MetricTables, definition: MetricDefinition): Promise<DefineOutcome> {
  const stored = await pool.run((sql) => find(sql, tables, definition.name));
  if (stored !== undefined) return { status: "exists", definition: stored };
  return pool.transaction(async (sql) => {
    await sql.unsafe(sqlOfLimits(pool.options));
    if (changesSamples(definition)) {
      // Waits for writes that do not know the definition, and has later ones wait to see it. Dumps do not wait.
      await sql.unsafe(`SELECT ${tables.lockDefinitions}()`);
      if (await hasSamples(sql, tables, definition.name)) return { status: "has_samples" };
    }
    if (await insert(sql, tables, definition)) return { status: "defined" };
    // Declared by another process meanwhile, which has committed: the insert waited for it.
    const other = await find(sql, tables, definition.name);
    return { status: "exists", definition: other as MetricDefinition };
  });
}

async function find(sql: AnySql, { definitions }: MetricTables, name: string): Promise<MetricDefinition | undefined> {
  const statement = { text: `SELECT ${COLUMNS} FROM ${definitions} WHERE name = $1::text`, values: [name] };
  const [row] = await rows<DefinitionRow>(sql, statement, false);
  return row && toDefinition(row);
}

async function insert(
  sql: AnySql,
  { definitions }: MetricTables,
  { name, unit, kind, decimals }: MetricDefinition,
): Promise<boolean> {
  const text = `INSERT INTO ${definitions} (${COLUMNS}, defined_at)
    VALUES ($1::text, $2::text, $3::text, $4::integer, now()) ON CONFLICT (name) DO NOTHING RETURNING 1`;
  const inserted = await rows(sql, { text, values: [name, unit ?? null, kind, decimals ?? null] }, false);
  return inserted.length > 0;
}

async function hasSamples(sql: AnySql, { series, pending, samples }: MetricTables, name: string): Promise<boolean> {
  const text = `SELECT EXISTS (SELECT FROM ${series} WHERE metric = $1::text) OR EXISTS (SELECT FROM ${pending} WHERE metric = $1::text)
    OR EXISTS (SELECT FROM ${samples} WHERE metric = $1::text)`;
  const [row] = await rows<[boolean]>(sql, { text, values: [name] }, false);
  return row?.[0] === true;
}

function toDefinition([name, unit, kind, decimals]: DefinitionRow): MetricDefinition {
  return { name, kind, ...(unit === null ? {} : { unit }), ...(decimals === null ? {} : { decimals }) };
}
