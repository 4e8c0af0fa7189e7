import {
  AUDIT_EVENT_COLUMNS,
  type AuditColumn,
  type AuditColumnType,
  type AuditEventColumn,
  type AuditEventRow,
} from "@agent-assembly/storage-core/backend";
import { fromStoredJsonText } from "../sql/stored-json.js";
import { fromTimestamp } from "../sql/timestamps.js";

/** The SQL type of each type of column. */
export const SQL_TYPE_OF = {
  timestamp: "timestamptz",
  uuid: "uuid",
  text: "text",
  boolean: "boolean",
  json: "jsonb",
} as const satisfies Record<AuditColumnType, string>;

/** Columns of `audit_events` in the order of an {@link EventRow}; what is written and read. */
export const EVENT_COLUMNS: readonly string[] = AUDIT_EVENT_COLUMNS.map(({ column }) => column);

/** Columns of new events: the server sets the others. Those of restored events are {@link AUDIT_EVENT_COLUMNS}. */
export const NEW_EVENT_COLUMNS: readonly AuditEventColumn[] = AUDIT_EVENT_COLUMNS.filter(
  (column) => !("origin" in column && column.origin === "store"),
);

type Value<Column extends AuditColumn> =
  | (Column["type"] extends "boolean" ? boolean : string)
  | (Column["nullable"] extends true ? null : never);

type Values<Columns extends readonly AuditColumn[]> = { readonly [I in keyof Columns]: Value<Columns[I]> };

/** A row as the driver returns it; times and JSON are text. */
export type EventRow = Values<typeof AUDIT_EVENT_COLUMNS>;

/** The select list of an {@link EventRow}. @param alias of the table */
export function eventColumns(alias: string): string {
  return EVENT_COLUMNS.map((column) => `${alias}.${column}`).join(", ");
}

/** Unrolled: with variable names it takes ten times as long. With a member missing, or of another type, it does not compile. */
export function fromRow(row: EventRow): AuditEventRow {
  const payload = row[14];
  return {
    ts: fromTimestamp(row[0]),
    recordedAt: fromTimestamp(row[1]),
    eventId: row[2],
    agentId: row[3],
    teamId: row[4],
    orgId: row[5],
    sessionId: row[6],
    traceId: row[7],
    action: row[8],
    decision: row[9],
    dryRun: row[10],
    shadowDecision: row[11],
    matchedRuleId: row[12],
    tool: row[13],
    payload: payload === null ? null : fromStoredJsonText(payload),
  };
}
