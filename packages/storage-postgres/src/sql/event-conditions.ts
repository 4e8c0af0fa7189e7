import type { JsonScalar } from "@agent-assembly/storage-core";
import {
  AUDIT_COLUMN_OF,
  type AuditTextField,
  type ParsedAuditFilter,
  type PayloadCondition,
} from "@agent-assembly/storage-core/backend";
import { textArray } from "./array-literal.js";
import type { Bindings } from "./bindings.js";
import { toStoredJson, toStoredText } from "./stored-json.js";
import { toTimestamp } from "./timestamps.js";

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
