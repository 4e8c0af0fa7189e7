import type { ColumnShape, SchemaManifest, TableShape } from "@agent-assembly/migrations";
import type { Database } from "better-sqlite3";

interface SchemaRow {
  readonly type: "table" | "index" | "view" | "trigger";
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string;
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: 0 | 1;
  readonly dflt_value: string | null;
  readonly pk: number;
}

interface ForeignKeyRow {
  readonly id: number;
  readonly table: string;
  readonly from: string;
  readonly to: string;
}

/** Reads a database's schema in the form the generated manifest has. SQLite's own tables and indexes are left out. */
export function readLiveSchema(db: Database): SchemaManifest {
  const rows = db
    .prepare<[], SchemaRow>("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    .all()
    .filter((row) => !row.name.startsWith("sqlite_"));
  const pick = <T>(type: SchemaRow["type"], shape: (row: SchemaRow) => T): Record<string, T> =>
    Object.fromEntries(rows.filter((row) => row.type === type).map((row) => [row.name, shape(row)]));
  return {
    tables: pick("table", (row) => tableShape(db, row)),
    indexes: pick("index", (row) => ({ table: row.tbl_name, definition: foldSql(row.sql) })),
    views: pick("view", (row) => ({ definition: foldSql(row.sql) })),
  };
}

function tableShape(db: Database, row: SchemaRow): TableShape {
  const columns = db.prepare<[string], ColumnRow>("SELECT * FROM pragma_table_xinfo(?)").all(row.name);
  const sql = foldSql(row.sql);
  return {
    columns: Object.fromEntries(columns.map((column) => [column.name, columnShape(column)])),
    options: [...storageOptions(db, row.name, sql), ...foreignKeys(db, row.name), ...checks(sql)],
  };
}

function columnShape(column: ColumnRow): ColumnShape {
  return {
    type: column.type,
    // An INTEGER PRIMARY KEY is the row id, which is never null although SQLite does not say so.
    nullable: column.notnull === 0 && column.pk === 0,
    default: column.dflt_value,
    primaryKey: column.pk,
  };
}

function storageOptions(db: Database, table: string, sql: string): string[] {
  const row = db
    .prepare<[string], { wr: 0 | 1; strict: 0 | 1 }>(
      "SELECT wr, strict FROM pragma_table_list(?) WHERE schema = 'main'",
    )
    .get(table);
  const options: string[] = [];
  if (row?.strict === 1) options.push("STRICT");
  if (row?.wr === 1) options.push("WITHOUT ROWID");
  if (/\bAUTOINCREMENT\b/i.test(sql)) options.push("AUTOINCREMENT");
  return options;
}

function foreignKeys(db: Database, table: string): string[] {
  const rows = db
    .prepare<[string], ForeignKeyRow>(
      'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq',
    )
    .all(table);
  const keys = new Map<number, ForeignKeyRow[]>();
  for (const row of rows) keys.set(row.id, [...(keys.get(row.id) ?? []), row]);
  return [...keys.values()].map((parts) => {
    const columns = parts.map((part) => part.from).join(", ");
    const targets = parts.map((part) => part.to).join(", ");
    return `FOREIGN KEY (${columns}) REFERENCES ${parts[0]?.table} (${targets})`;
  });
}

/** The `CHECK (...)` clauses of a folded CREATE TABLE; SQLite offers no other way to read them. */
function checks(sql: string): string[] {
  return [...sql.matchAll(/\bCHECK \(/gi)].map((match) => {
    const start = match.index + match[0].length;
    let depth = 1;
    let end = start;
    for (; depth > 0 && end < sql.length; end++) {
      if (sql[end] === "(") depth++;
      else if (sql[end] === ")") depth--;
    }
    return `CHECK (${sql.slice(start, end)}`;
  });
}

/** Without comments, white space folded. */
function foldSql(sql: string): string {
  return sql
    .replaceAll(/--[^\n]*/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
