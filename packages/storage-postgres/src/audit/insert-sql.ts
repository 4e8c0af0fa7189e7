import {
  AUDIT_EVENT_COLUMNS,
  type AuditColumnType,
  type AuditEventColumn,
  type AuditEventRow,
} from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { plainArray, textArray } from "../sql/array-literal.js";
import type { Value } from "../sql/bindings.js";
import { toStoredJson } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";
import { eventColumns, NEW_EVENT_COLUMNS, SQL_TYPE_OF } from "./rows.js";

/**
 * Inserts what is not there yet and returns the keys of what was inserted. One parameter per column, whatever the
 * number of rows, so that it is prepared once.
 * @param events sorted by key, each key once: transactions that lock keys in one order never deadlock
 * @param restored whether they keep their `recordedAt`, which the server sets otherwise
 */
export function insertEvents(table: string, events: readonly AuditEventRow[], restored: boolean): Statement {
  const { names, select, columns } = restored ? RESTORED : NEW;
  return {
    text: `INSERT INTO ${table} (${names}) ${select}
    ON CONFLICT (ts, event_id) DO NOTHING RETURNING ts, event_id`,
    values: columnArrays(columns, events),
  };
}

/**
 * Inserts one event. For a single event the server takes half as long as for {@link insertEvents}, which it plans as a query over
 * arrays.
 * @param restored as there
 */
export function insertEvent(table: string, event: AuditEventRow, restored: boolean): Statement {
  const { names, places, columns } = restored ? RESTORED : NEW;
  return {
    text: `INSERT INTO ${table} (${names}) VALUES (${places})`,
    values: columns.map(({ member, type }) => SCALAR_OF[type](event[member] as never)),
  };
}

/** The same, if the event is not there yet: the count of rows says so. The server looks for it in the index twice. */
export function insertEventOnce(table: string, event: AuditEventRow, restored: boolean): Statement {
  const { text, values } = insertEvent(table, event, restored);
  return { text: `${text} ON CONFLICT (ts, event_id) DO NOTHING`, values };
}

/** The stored events of some keys. */
export function selectByKeys(table: string, keys: readonly Pick<AuditEventRow, "ts" | "eventId">[]): Statement {
  return {
    text: `SELECT ${eventColumns("e")} FROM unnest($1::timestamptz[], $2::uuid[]) AS k (ts, event_id)
      JOIN ${table} AS e ON e.ts = k.ts AND e.event_id = k.event_id
      WHERE e.ts BETWEEN $3::timestamptz AND $4::timestamptz`,
    values: [
      plainArray(keys.map(({ ts }) => toTimestamp(ts))),
      plainArray(keys.map(({ eventId }) => eventId)),
      // Says nothing new, but tells TimescaleDB which chunks to leave out.
      toTimestamp(Math.min(...keys.map(({ ts }) => ts))),
      toTimestamp(Math.max(...keys.map(({ ts }) => ts))),
    ],
  };
}

/** What an INSERT says of its columns. JSON is sent as text and cast in each row. */
function insertionOf(columns: readonly AuditEventColumn[]) {
  const names = columns.map(({ column }) => column).join(", ");
  const values = columns.map(({ column, type }) => (type === "json" ? `${column}::jsonb` : column));
  const arrays = columns.map(({ type }, i) => `$${i + 1}::${type === "json" ? "text" : SQL_TYPE_OF[type]}[]`);
  return {
    columns,
    names,
    select: `SELECT ${values.join(", ")} FROM unnest(${arrays.join(", ")}) AS u (${names})`,
    places: columns.map((_, i) => `$${i + 1}`).join(", "),
  };
}

const NEW = insertionOf(NEW_EVENT_COLUMNS);
const RESTORED = insertionOf(AUDIT_EVENT_COLUMNS);

type ScalarOf = (value: never) => Value;

const SCALAR_OF: Readonly<Record<AuditColumnType, ScalarOf>> = {
  timestamp: toTimestamp,
  uuid: (value: string) => value,
  text: (value: string | null) => value,
  boolean: (value: boolean) => value,
  json: (value: string | null) => (value === null ? null : toStoredJson(value)),
};

type ArrayOf = (values: readonly never[]) => string;

const ARRAY_OF: Readonly<Record<AuditColumnType, ArrayOf>> = {
  timestamp: (values: readonly number[]) => plainArray(values.map(toTimestamp)),
  uuid: plainArray,
  text: textArray,
  boolean: (values: readonly boolean[]) => plainArray(values.map((value) => (value ? "t" : "f"))),
  json: (values: readonly (string | null)[]) =>
    textArray(values.map((value) => (value === null ? null : toStoredJson(value)))),
};

function columnArrays(columns: readonly AuditEventColumn[], events: readonly AuditEventRow[]): string[] {
  return columns.map(({ member, type }) => ARRAY_OF[type](events.map((event) => event[member] as never)));
}
