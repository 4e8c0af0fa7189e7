import { quoteIdentifier } from "../identifiers.js";
import type { Sql } from "../pool.js";

/**
 * Removes the rows of every table and continuous aggregate that a schema has at this moment, and lets its sequences begin
 * anew.
 * @param keeping tables whose rows stay
 */
export async function emptySchema(sql: Sql, schema: string, keeping: readonly string[]): Promise<void> {
  const place = quoteIdentifier(schema);
  const tables = await sql.unsafe<{ name: string }[]>(
    // Most cases use one or two tables. What has neither a file nor chunks has no rows.
    `SELECT c.relname AS name FROM pg_class c
     WHERE c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($2::text[])
       AND (pg_relation_size(c.oid) > 0 OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid))`,
    [place, `{${keeping.map((name) => JSON.stringify(name)).join(",")}}`],
    { prepare: sql.options.prepare },
  );
  const names = [...tables, ...(await filledAggregates(sql, schema))].map(
    ({ name }) => `${place}.${quoteIdentifier(name)}`,
  );
  // Not row by row: that would leave files and dead rows behind, which later cases would find.
  if (names.length > 0) await sql.unsafe(`TRUNCATE ${names.join(", ")} CASCADE`);
  await sql.unsafe(
    `SELECT setval(c.oid::regclass, s.seqstart, false) FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid
     WHERE c.relnamespace = to_regnamespace($1)`,
    [place],
    { prepare: sql.options.prepare },
  );
}

async function filledAggregates(sql: Sql, schema: string): Promise<{ name: string }[]> {
  const [found] = await sql`SELECT to_regclass('timescaledb_information.continuous_aggregates') IS NOT NULL AS some`;
  if (found?.some !== true) return [];
  return sql<{ name: string }[]>`
    SELECT a.view_name AS name FROM timescaledb_information.continuous_aggregates a
    JOIN _timescaledb_catalog.hypertable h ON h.schema_name = a.materialization_hypertable_schema
      AND h.table_name = a.materialization_hypertable_name
    WHERE a.view_schema = ${schema}
      AND EXISTS (SELECT FROM _timescaledb_catalog.chunk c WHERE c.hypertable_id = h.id)`;
}
