import type { AuditEventRow } from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { plainArray, textArray } from "../sql/array-literal.js";
import { toStoredJson } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";
import { EVENT_COLUMNS } from "./rows.js";

const ARRAY_TYPES = [
  "timestamptz[]",
  "timestamptz[]",
  "uuid[]",
  "text[]",
  "text[]",
  "text[]",
  "text[]",
  "text[]",
  "text[]",
  "text[]",
  "boolean[]",
  "text[]",
  "text[]",
  "text[]",
  "text[]",
];

/**
 * Inserts what is not there yet and returns the keys of what was inserted. One parameter per column, whatever the
 * number of rows, so that it is prepared once.
 * @param events sorted by key, each key once: transactions that lock keys in one order never deadlock
 */
export function insertEvents(table: string, events: readonly AuditEventRow[]): Statement {
  return { text: insertText(table), values: columnArrays(events) };
}

/** The stored events of some keys. */
export function selectByKeys(table: string, keys: readonly Pick<AuditEventRow, "ts" | "eventId">[]): Statement {
  const columns = EVENT_COLUMNS.map((column) => `e.${column}`).join(", ");
  return {
    text: `SELECT ${columns} FROM unnest($1::timestamptz[], $2::uuid[]) AS k (ts, event_id)
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

function insertText(table: string): string {
  const names = EVENT_COLUMNS.join(", ");
  const values = EVENT_COLUMNS.map((name) => (name === "payload" ? "payload::jsonb" : name)).join(", ");
  const arrays = ARRAY_TYPES.map((type, i) => `$${i + 1}::${type}`).join(", ");
  return `INSERT INTO ${table} (${names}) SELECT ${values} FROM unnest(${arrays}) AS u (${names})
    ON CONFLICT (ts, event_id) DO NOTHING RETURNING ts, event_id`;
}

function columnArrays(events: readonly AuditEventRow[]): string[] {
  return [
    plainArray(events.map(({ ts }) => toTimestamp(ts))),
    plainArray(events.map(({ recordedAt }) => toTimestamp(recordedAt))),
    plainArray(events.map(({ eventId }) => eventId)),
    textArray(events.map(({ agentId }) => agentId)),
    textArray(events.map(({ teamId }) => teamId)),
    textArray(events.map(({ orgId }) => orgId)),
    textArray(events.map(({ sessionId }) => sessionId)),
    textArray(events.map(({ traceId }) => traceId)),
    textArray(events.map(({ action }) => action)),
    textArray(events.map(({ decision }) => decision)),
    plainArray(events.map(({ dryRun }) => (dryRun ? "t" : "f"))),
    textArray(events.map(({ shadowDecision }) => shadowDecision)),
    textArray(events.map(({ matchedRuleId }) => matchedRuleId)),
    textArray(events.map(({ tool }) => tool)),
    textArray(events.map(({ payload }) => (payload === null ? null : toStoredJson(payload)))),
  ];
}
