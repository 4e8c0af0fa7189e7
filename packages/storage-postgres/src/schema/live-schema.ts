import type { ColumnShape, IndexShape, SchemaManifest, TableShape, ViewShape } from "@agent-assembly/migrations";
import type { AnySql } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";

/**
 * Reads a schema in the form the generated manifest has. What TimescaleDB adds by itself (names that start with an
 * underscore, blocking triggers) is left out; the schema's own name is left out.
 */
export async function readLiveSchema(sql: AnySql, schema: string): Promise<SchemaManifest> {
  const quoted = quoteIdentifier(schema);
  const [columns, constraints, triggers, indexes, views] = await Promise.all([
    sql<ColumnRow[]>`
      SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
        NOT a.attnotnull AS nullable, pg_get_expr(d.adbin, d.adrelid) AS default,
        coalesce(array_position(k.conkey, a.attnum), 0) AS primary_key,
        CASE WHEN co.collname NOT IN ('default') THEN co.collname END AS collation
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
      LEFT JOIN pg_collation co ON co.oid = a.attcollation
      WHERE c.relnamespace = ${quoted}::regnamespace AND c.relkind IN ('r', 'p') AND c.relname NOT LIKE '\\_%'
      ORDER BY c.relname, a.attnum`,
    sql<OptionRow[]>`
      SELECT c.relname AS table, pg_get_constraintdef(k.oid) AS definition
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
      WHERE c.relnamespace = ${quoted}::regnamespace AND k.contype IN ('c', 'f', 'u') ORDER BY 1, 2`,
    sql<OptionRow[]>`
      SELECT c.relname AS table, pg_get_triggerdef(t.oid) AS definition
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE c.relnamespace = ${quoted}::regnamespace AND NOT t.tgisinternal AND t.tgname NOT LIKE 'ts\\_%' ORDER BY 1, 2`,
    sql<OptionRow[]>`
      SELECT c.relname AS table, i.relname AS name, pg_get_indexdef(i.oid) AS definition
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
      WHERE c.relnamespace = ${quoted}::regnamespace AND c.relkind IN ('r', 'p') AND c.relname NOT LIKE '\\_%'
      ORDER BY 2`,
    sql<OptionRow[]>`
      SELECT c.relname AS name, pg_get_viewdef(c.oid) AS definition
      FROM pg_class c WHERE c.relnamespace = ${quoted}::regnamespace AND c.relkind IN ('v', 'm') AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        -- A continuous aggregate is a view on a table that TimescaleDB made.
        AND NOT EXISTS (
          SELECT FROM pg_rewrite r
          JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
            AND d.refclassid = 'pg_class'::regclass
          JOIN pg_class t ON t.oid = d.refobjid
          WHERE r.ev_class = c.oid AND t.relnamespace = to_regnamespace('_timescaledb_internal'))
      ORDER BY 1`,
  ]);
  const neutral = (text: string): string => fold(text).replaceAll(`${schema}.`, "").replaceAll(`${quoted}.`, "");
  const tables: Record<string, { columns: Record<string, ColumnShape>; options: string[] }> = {};
  for (const row of columns) {
    tables[row.table] ??= { columns: {}, options: [] };
    (tables[row.table] as { columns: Record<string, ColumnShape> }).columns[row.name] = {
      type: row.collation === null ? row.type : `${row.type} COLLATE ${row.collation}`,
      nullable: row.nullable,
      default: row.default === null ? null : neutral(row.default),
      primaryKey: row.primary_key,
    };
  }
  for (const row of [...constraints, ...triggers]) tables[row.table]?.options.push(neutral(row.definition));
  return {
    tables: tables satisfies Record<string, TableShape>,
    indexes: named(indexes, (row): IndexShape => ({ table: row.table, definition: neutral(row.definition) })),
    views: named(views, (row): ViewShape => ({ definition: neutral(row.definition) })),
  };
}

interface ColumnRow {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly default: string | null;
  readonly primary_key: number;
  readonly collation: string | null;
}

interface OptionRow {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

function named<T>(found: readonly OptionRow[], shape: (row: OptionRow) => T): Record<string, T> {
  return Object.fromEntries(found.map((row) => [row.name, shape(row)]));
}

function fold(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
