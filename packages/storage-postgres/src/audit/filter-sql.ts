import type { AuditOrder, JsonScalar } from "@agent-assembly/storage-core";
import {
  AUDIT_COLUMN_OF,
  type AuditKey,
  type AuditTextField,
  type ParsedAuditFilter,
  type PayloadCondition,
} from "@agent-assembly/storage-core/backend";
import type { Statement, Value } from "../driver/statement.js";
import { textArray } from "../sql/array-literal.js";
import { toStoredJson, toStoredText } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";
import { eventColumns } from "./rows.js";

/** Collects a statement's values while its text is put together. */
export class Bindings {
  readonly values: Value[] = [];

  /** @returns the placeholder, with a cast: the driver sends text, and the server shall not guess */
  bind(value: Value, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** All members of a filter as one WHERE clause, or nothing; the table's alias is `e`. */
export function whereFilter(filter: ParsedAuditFilter, bindings: Bindings, extra: readonly string[] = []): string {
  const parts = [...filterConditions(filter, bindings), ...extra];
  return parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`;
}

/** One condition for each member of a filter, on the table with the alias `e`. */
export function filterConditions(filter: ParsedAuditFilter, bindings: Bindings): string[] {
  const parts: string[] = [];
  if (filter.from !== undefined) parts.push(`e.ts >= ${bindings.bind(toTimestamp(filter.from), "timestamptz")}`);
  if (filter.to !== undefined) parts.push(`e.ts < ${bindings.bind(toTimestamp(filter.to), "timestamptz")}`);
  for (const { field, values } of filter.texts) parts.push(anyOf(field, values, bindings));
  if (filter.dryRun !== undefined) parts.push(filter.dryRun ? "e.dry_run" : "NOT e.dry_run");
  for (const condition of filter.payload) parts.push(payloadEquals(condition, bindings));
  return parts;
}

function anyOf(field: AuditTextField, values: readonly string[], bindings: Bindings): string {
  const column = `e.${AUDIT_COLUMN_OF[field]}`;
  const type = field === "eventId" ? "uuid" : "text";
  if (values.length === 0) return "FALSE";
  if (values.length === 1) return `${column} = ${bindings.bind(values[0] as string, type)}`;
  return `${column} = ANY (${bindings.bind(textArray(values), `${type}[]`)})`;
}

/** A reference token that `#>` would take for an array's index although a JSON Pointer does not. */
const LOOSE_INDEX = /^\s*[+-]?\d+\s*$/;
const STRICT_INDEX = /^(0|[1-9]\d*)$/;

function payloadEquals({ tokens, value }: PayloadCondition, bindings: Bindings): string {
  const path = tokens.map(toStoredText);
  const at = (length: number): string => `e.payload #> ${bindings.bind(textArray(path.slice(0, length)), "text[]")}`;
  const strict = path.flatMap((token, i) =>
    LOOSE_INDEX.test(token) && !STRICT_INDEX.test(token) ? [`jsonb_typeof(${at(i)}) = 'object'`] : [],
  );
  return [...strict, `${at(path.length)} = ${bindings.bind(jsonText(value), "jsonb")}`].join(" AND ");
}

function jsonText(value: JsonScalar): string {
  return toStoredJson(JSON.stringify(value));
}

/** Conditions on the table with the alias `e`, their values bound. */
export type Conditions = (bindings: Bindings) => readonly string[];

/**
 * One page behind a key, in order.
 * @param table quoted, with its schema
 * @param limit a whole number; without one all of them
 * @param conditions what else must be true
 */
export function selectPage(
  table: string,
  filter: ParsedAuditFilter,
  order: AuditOrder,
  after: AuditKey | undefined,
  limit?: number | undefined,
  conditions: Conditions = () => [],
  columns = eventColumns("e"),
): Statement {
  const bindings = new Bindings();
  const where = whereFilter(filter, bindings, [
    ...(after === undefined ? [] : behind(after, order, bindings)),
    ...conditions(bindings),
  ]);
  const direction = order === "newest" ? "DESC" : "ASC";
  const end = limit === undefined ? "" : ` LIMIT ${limitOf(limit, bindings)}`;
  return {
    text: `SELECT ${columns} FROM ${table} AS e ${where} ORDER BY e.ts ${direction}, e.event_id ${direction}${end}`,
    values: bindings.values,
  };
}

/** The limits that were asked for first, of the thousand that there are: a connection keeps each statement it has prepared. */
const WRITTEN_LIMITS = new Set<number>();
const MOST_WRITTEN_LIMITS = 16;

/** Written out, for a limit that it does not know makes the server assume a tenth of the rows, and plan each execution anew. */
function limitOf(limit: number, bindings: Bindings): string {
  if (WRITTEN_LIMITS.size < MOST_WRITTEN_LIMITS) WRITTEN_LIMITS.add(limit);
  return WRITTEN_LIMITS.has(limit) ? String(limit) : bindings.bind(limit, "bigint");
}

/** The first condition says nothing new, but it alone tells TimescaleDB which chunks to leave out. */
function behind(after: AuditKey, order: AuditOrder, bindings: Bindings): string[] {
  const comparison = order === "newest" ? "<" : ">";
  const ts = bindings.bind(toTimestamp(after.ts), "timestamptz");
  const eventId = bindings.bind(after.eventId, "uuid");
  return [`e.ts ${comparison}= ${ts}`, `(e.ts, e.event_id) ${comparison} (${ts}, ${eventId})`];
}

export function selectCount(table: string, filter: ParsedAuditFilter): Statement {
  const bindings = new Bindings();
  const where = whereFilter(filter, bindings);
  return { text: `SELECT count(*) FROM ${table} AS e ${where}`, values: bindings.values };
}
