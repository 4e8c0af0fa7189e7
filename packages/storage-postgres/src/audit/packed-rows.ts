import { AUDIT_EVENT_COLUMNS, type AuditColumn, type AuditEventRow } from "@agent-assembly/storage-core/backend";
import { type EventRow, fromRow } from "./rows.js";

/*
 * The driver decodes each value of an answer by itself, which for the fifteen of an event takes longer than all that the
 * server does to find it. So all but the payload come as one text.
 */

/** Between two values. A value that holds it makes too many of them. */
const SEPARATOR = "\u001f";

const PACKED: readonly AuditColumn[] = AUDIT_EVENT_COLUMNS.filter(({ type }) => type !== "json");
const NULLABLE = indexes(({ nullable }) => nullable);
const BOOLEAN = indexes(({ type }) => type === "boolean");

/** The values of an event but its payload, and the payload. */
export type PackedRow = readonly [packed: string, payload: string | null];

/** The select list of a {@link PackedRow} of the table with the alias `e`. */
export const PACKED_COLUMNS = packedColumns("e");

function packedColumns(alias: string): string {
  const texts = PACKED.map(({ column, type, nullable }) => {
    const value = `${alias}.${column}`;
    if (type === "boolean") return `CASE WHEN ${value} THEN 't' ELSE 'f' END`;
    // No text that is stored is empty.
    return nullable ? `coalesce(${value}, '')` : `${value}::text`;
  });
  return `concat_ws('${SEPARATOR}', ${texts.join(", ")}), ${alias}.payload`;
}

/** @returns `undefined` when a value holds what stands between them: read the row as an {@link EventRow} */
export function fromPackedRow([packed, payload]: PackedRow): AuditEventRow | undefined {
  const values: (string | boolean | null)[] = packed.split(SEPARATOR);
  if (values.length !== PACKED.length) return undefined;
  for (const i of NULLABLE) if (values[i] === "") values[i] = null;
  for (const i of BOOLEAN) values[i] = values[i] === "t";
  values.push(payload);
  return fromRow(values as unknown as EventRow);
}

function indexes(wanted: (column: AuditColumn) => boolean): number[] {
  return PACKED.flatMap((column, i) => (wanted(column) ? [i] : []));
}
