import type { SchemaDrift } from "@agent-assembly/storage-core";
import type { ColumnShape, SchemaManifest, TableShape } from "./schema-manifest.js";

/**
 * Compares a live schema with the manifest generated from the migrations.
 * @returns nothing when they agree; tables first, then indexes and views, each in order of name
 */
export function verifySchema(live: SchemaManifest, manifest: SchemaManifest): SchemaDrift[] {
  return [
    ...compare("table", manifest.tables, live.tables, describeTable),
    ...columnDrift(live, manifest),
    ...compare("index", manifest.indexes, live.indexes, (index) => `${index.definition} on ${index.table}`),
    ...compare("view", manifest.views, live.views, (view) => view.definition),
  ];
}

/** One line for people: `column agents.name is missing (expected TEXT)`. */
export function describeDrift(drift: SchemaDrift): string {
  const subject = `${drift.object} ${drift.name}`;
  switch (drift.kind) {
    case "missing":
      return `${subject} is missing (expected ${drift.expected})`;
    case "unexpected":
      return `${subject} is not ours (${drift.actual})`;
    case "different":
      return `${subject} is ${drift.actual}, expected ${drift.expected}`;
  }
}

function columnDrift(live: SchemaManifest, manifest: SchemaManifest): SchemaDrift[] {
  return Object.keys(manifest.tables)
    .toSorted()
    .flatMap((name) => {
      const [expected, actual] = [manifest.tables[name], live.tables[name]];
      // A missing table is one drift, not one for each of its columns.
      if (expected === undefined || actual === undefined) return [];
      return compare("column", qualified(name, expected), qualified(name, actual), describeColumn);
    });
}

function qualified(table: string, shape: TableShape): Record<string, ColumnShape> {
  return Object.fromEntries(Object.entries(shape.columns).map(([name, column]) => [`${table}.${name}`, column]));
}

function describeTable(table: TableShape): string {
  return table.options.length === 0 ? "a plain table" : `a table with ${table.options.toSorted().join("; ")}`;
}

function describeColumn(column: ColumnShape): string {
  const parts = [column.type];
  if (!column.nullable) parts.push("NOT NULL");
  if (column.default !== null) parts.push(`DEFAULT ${column.default}`);
  if (column.primaryKey > 0) parts.push(`PRIMARY KEY #${column.primaryKey}`);
  return parts.join(" ");
}

function compare<T>(
  object: SchemaDrift["object"],
  expected: Readonly<Record<string, T>>,
  actual: Readonly<Record<string, T>>,
  describe: (shape: T) => string,
): SchemaDrift[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].toSorted();
  return names.flatMap((name): SchemaDrift[] => {
    const wanted = expected[name];
    const found = actual[name];
    if (wanted === undefined) return [{ kind: "unexpected", object, name, actual: describe(found as T) }];
    if (found === undefined) return [{ kind: "missing", object, name, expected: describe(wanted) }];
    if (describe(wanted) === describe(found)) return [];
    return [{ kind: "different", object, name, expected: describe(wanted), actual: describe(found) }];
  });
}
