import { AUDIT_COLUMN_OF, type AuditTextField, type ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import { PAYLOAD_FUNCTION } from "./function-names.js";

export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** All members of a filter as a WHERE clause, empty without any; every value is bound. */
export function whereFilter(filter: ParsedAuditFilter, extra: readonly Condition[] = []): Condition {
  const parts = [...filterParts(filter), ...extra];
  return {
    sql: parts.length === 0 ? "" : `WHERE ${parts.map(({ sql }) => sql).join(" AND ")}`,
    values: parts.flatMap(({ values }) => values),
  };
}

/** A filter as an expression that is true for the rows that match, and false or NULL for others; every value is bound. */
export function matchesFilter(filter: ParsedAuditFilter): Condition {
  return joined(filterParts(filter), " AND ", "TRUE");
}

/** @param none what stands for no conditions */
export function joined(parts: readonly Condition[], operator: " AND " | " OR ", none: "TRUE" | "FALSE"): Condition {
  if (parts.length <= 1) return parts[0] ?? { sql: none, values: [] };
  // By halves, so that thousands nest no deeper than SQLite allows.
  const middle = parts.length >>> 1;
  const halves = [parts.slice(0, middle), parts.slice(middle)].map((half) => joined(half, operator, none));
  return { sql: `(${halves.map(({ sql }) => sql).join(operator)})`, values: halves.flatMap(({ values }) => values) };
}

function filterParts(filter: ParsedAuditFilter): Condition[] {
  const parts: Condition[] = [];
  if (filter.from !== undefined) parts.push({ sql: "e.ts >= ?", values: [filter.from] });
  if (filter.to !== undefined) parts.push({ sql: "e.ts < ?", values: [filter.to] });
  // An agent has more events than a session or a trace, whose index is the one to take: a term with a sign uses none.
  const isWithin = filter.texts.some(({ field, values }) => isNarrow(field) && values.length === 1);
  for (const { field, values } of filter.texts) {
    parts.push(anyOf(isWithin && field === "agentId" ? "+e.agent_id" : `e.${AUDIT_COLUMN_OF[field]}`, values));
  }
  if (filter.dryRun !== undefined) parts.push({ sql: `e.dry_run = ${filter.dryRun ? 1 : 0}`, values: [] });
  if (filter.payload.length > 0) {
    parts.push({
      sql: `e.payload IS NOT NULL AND ${PAYLOAD_FUNCTION}(?, e.payload)`,
      values: [JSON.stringify(filter.payload)],
    });
  }
  return parts;
}

function isNarrow(field: AuditTextField): boolean {
  return field === "sessionId" || field === "traceId";
}

function anyOf(column: string, values: readonly string[]): Condition {
  if (values.length === 1) return { sql: `${column} = ?`, values };
  if (values.length === 0) return { sql: "FALSE", values };
  // One bound value whatever the length, so that long lists need no longer statements.
  return { sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}
