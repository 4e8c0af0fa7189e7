import { type AuditKey, type ErasedParts, MAX_TIME_MS, MIN_TIME_MS } from "@agent-assembly/storage-core/backend";
import type { AnySql } from "../driver/pool.js";
import { rows, type Statement } from "../driver/statement.js";
import { plainArray, textArray } from "../sql/array-literal.js";
import { fromStoredText, toStoredJson } from "../sql/stored-json.js";
import { fromTimestamp, toTimestamp } from "../sql/timestamps.js";
import type { ErasureNames } from "./erasure-names.js";

/** The markers that there are for some events, in any order. */
export async function readMarkers(
  sql: AnySql,
  { erased }: Pick<ErasureNames, "erased">,
  keys: readonly AuditKey[],
  prepare: boolean,
): Promise<ErasedParts[]> {
  // No event has another time, and the server knows none.
  const known = keys.filter(({ ts }) => ts >= MIN_TIME_MS && ts <= MAX_TIME_MS);
  const statement: Statement = {
    text: `SELECT a.ts, a.event_id, array_to_json(a.parts)::text FROM unnest($1::timestamptz[], $2::uuid[]) AS k (ts, event_id)
      JOIN ${erased} AS a ON a.ts = k.ts AND a.event_id = k.event_id`,
    values: keysOf(known),
  };
  const found = await rows<[ts: string, eventId: string, parts: string]>(sql, statement, prepare);
  return found.map(([ts, eventId, parts]) => ({
    ts: fromTimestamp(ts),
    eventId,
    // The server orders by code point.
    parts: (JSON.parse(parts) as string[]).map(fromStoredText).sort(),
  }));
}

/** Adds to the markers of events, whether these are there or not. @param events each once */
export function addMarkers({ mark }: Pick<ErasureNames, "mark">, events: readonly ErasedParts[]): Statement {
  return {
    text: `SELECT ${mark}($1::timestamptz[], $2::uuid[], $3::text[])`,
    values: [...keysOf(events), namesOf(events.map(({ parts }) => parts))],
  };
}

/** Times and ids, for `timestamptz[]` and `uuid[]`. */
export function keysOf(keys: readonly AuditKey[]): [times: string, ids: string] {
  return [plainArray(keys.map(({ ts }) => toTimestamp(ts))), plainArray(keys.map(({ eventId }) => eventId))];
}

/** A JSON array of names for each event, for `text[]`; `null` where an event has none. */
export function namesOf(lists: readonly (readonly string[] | null)[]): string {
  return textArray(lists.map((names) => (names === null ? null : toStoredJson(JSON.stringify(names)))));
}
