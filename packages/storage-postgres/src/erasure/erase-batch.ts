import {
  type AuditEventRow,
  type AuditKey,
  type ErasingEvent,
  erasureErrors,
  sameContent,
} from "@agent-assembly/storage-core/backend";
import { type EventRow, eventColumns, fromRow } from "../audit/rows.js";
import { lockState } from "../counts/state.js";
import { countTables } from "../counts/tables.js";
import { errorCode } from "../driver/errors.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { rows, type Statement } from "../driver/statement.js";
import type { ErasureNames } from "../restoring/erasure-names.js";
import { keysOf, namesOf, readMarkers } from "../restoring/markers.js";
import { plainArray, textArray } from "../sql/array-literal.js";
import { toTimestamp } from "../sql/timestamps.js";
import { lockSources, type Run } from "./lock-sources.js";
import { ErasureUndone } from "./undone.js";

/** SQLSTATE for events under a legal hold; the detail names the holds. */
const HELD = "23001";
/** Events that are compared at once, which bounds what is in memory of them. */
const COMPARED = 250;

/**
 * Erases parts of events in rows, markers and counts. Locks are taken in the order in which drops take them: tables, holds, counts.
 * Call {@link ErasureNames.lock} before.
 * @throws `ErasureUndone` where an event or its marker is not as it was read; `conflict` where a legal hold covers one
 */
export async function eraseEvents(
  sql: TransactionSql,
  pool: Pool,
  names: ErasureNames,
  events: readonly ErasingEvent[],
): Promise<void> {
  const runs = await lockSources(sql, pool, names.events, events);
  await sql.unsafe(`SELECT ${names.lockHolds}()`);
  // From here on nothing is dropped or counted.
  await lockState(sql, countTables(pool.options.schema));
  const changed = await changedOf(sql, names, events);
  if (changed.length > 0) throw new ErasureUndone({ outcome: "changed", changed });
  // By default the server fails after 100,000 decompressed rows; here their number is bounded by the runs.
  await sql`
    SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name = 'timescaledb.max_tuples_decompressed_per_dml_transaction'`;
  await rows(sql, eraseStatement(names, runs), false).catch(refuse);
}

/** @throws `conflict` for events under a hold, which is checked in the transaction that erases them */
function refuse(error: unknown): never {
  if (errorCode(error) !== HELD || !(error instanceof Error) || !("detail" in error)) throw error;
  const { holds, events } = JSON.parse(String(error.detail)) as { holds: readonly string[]; events: number };
  throw erasureErrors.held(holds, events);
}

/** Those that are gone, or not as they were read. */
async function changedOf(
  sql: TransactionSql,
  names: ErasureNames,
  events: readonly ErasingEvent[],
): Promise<AuditKey[]> {
  const changed: AuditKey[] = [];
  for (let at = 0; at < events.length; at += COMPARED) {
    const some = events.slice(at, at + COMPARED);
    const given = some.map(({ event }) => event);
    const stored = new Map(
      (await rows<EventRow>(sql, selectGiven(names.events, given), false)).map((row) => {
        const event = fromRow(row);
        return [keyText(event), event] as const;
      }),
    );
    const markers = new Map((await readMarkers(sql, names, given, false)).map((one) => [keyText(one), one.parts]));
    for (const { event, before } of some) {
      const now = stored.get(keyText(event));
      const isAsRead =
        now !== undefined && sameContent(now, event) && isSame(markers.get(keyText(event)) ?? [], before);
      if (!isAsRead) changed.push({ ts: event.ts, eventId: event.eventId });
    }
  }
  return changed;
}

/** Events by key and agent, by which the batches of compressed chunks are found. */
function selectGiven(table: string, events: readonly AuditEventRow[]): Statement {
  const times = events.map(({ ts }) => ts);
  return {
    text: `SELECT ${eventColumns("e")} FROM unnest($1::timestamptz[], $2::uuid[]) AS k (ts, event_id)
      JOIN ${table} AS e ON e.ts = k.ts AND e.event_id = k.event_id
      WHERE e.ts BETWEEN $3::timestamptz AND $4::timestamptz AND e.agent_id = ANY ($5::text[])`,
    values: [
      ...keysOf(events),
      toTimestamp(Math.min(...times)),
      toTimestamp(Math.max(...times)),
      textArray([...new Set(events.map(({ agentId }) => agentId))]),
    ],
  };
}

function eraseStatement({ erase }: ErasureNames, runs: readonly Run<ErasingEvent>[]): Statement {
  const events = runs.flatMap((run) => run.events);
  const lasts: number[] = [];
  for (const run of runs) lasts.push((lasts.at(-1) ?? 0) + run.events.length);
  return {
    text: `SELECT ${erase}($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
      $7::text[]::regclass[], $8::integer[], $9::integer[], $10::boolean[])`,
    values: [
      ...keysOf(events.map(({ event }) => event)),
      textArray(events.map(({ event }) => event.agentId)),
      namesOf(events.map(({ parts }) => parts)),
      namesOf(events.map(membersOf)),
      namesOf(events.map(({ marker }) => marker)),
      textArray(runs.map(({ source }) => source)),
      plainArray(runs.map((_, n) => (lasts[n - 1] ?? 0) + 1)),
      plainArray(lasts),
      plainArray(runs.map(({ compressed }) => compressed)),
    ],
  };
}

/** The members that a payload loses; `null` where none of it is left. */
function membersOf({ event, after }: ErasingEvent): readonly string[] | null {
  if (after.payload === null) return event.payload === null ? [] : null;
  if (event.payload === null || event.payload === after.payload) return [];
  const kept = JSON.parse(after.payload) as object;
  return Object.keys(JSON.parse(event.payload) as object).filter((name) => !Object.hasOwn(kept, name));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  const sorted = other.toSorted();
  return one.length === sorted.length && one.toSorted().every((name, n) => name === sorted[n]);
}

function keyText({ ts, eventId }: AuditKey): string {
  return `${ts} ${eventId}`;
}
