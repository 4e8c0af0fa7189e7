import type { Sql } from "../../src/driver/pool.js";
import { recordBySql } from "./record-by-sql.js";

const DAY = 86_400_000;

/** Some 40 days ago: the beginning of a UTC day, and of a chunk. */
export const OLD = new Date(Math.floor((Date.now() - 40 * DAY) / (7 * DAY)) * 7 * DAY);

/**
 * Events of agents `agent-0`, `agent-1`, ... in turn, all on one day; every third is a message.
 * @param from number of the first one: each number gives one key @param width bytes of each payload, more or less
 */
export async function insertOld(sql: Sql, rows: number, agents: number, from = 0, width = 100): Promise<void> {
  await sql`
    INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, team_id, action, decision, payload)
    SELECT ${OLD.toISOString()}::timestamptz + i * interval '5 milliseconds', now(),
      ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, false, 'agent-' || i % ${agents}::int,
      CASE WHEN i % 2 = 0 THEN 'red' END, CASE WHEN i % 3 = 0 THEN 'message' ELSE 'tool_call' END, 'allow',
      jsonb_build_object('n', i, 'text', md5(i::text) || repeat('x', ${width}::int))
    FROM generate_series(${from}::int, ${from + rows - 1}::int) i`;
}

/** Rows and what is in them, as one text: equal for equal rows only. @param where SQL */
export async function digestOf(sql: Sql, where: string): Promise<string> {
  const [row] = await sql.unsafe<{ digest: string }[]>(
    `SELECT count(*) || ' ' || coalesce(sum(('x' || left(md5(e::text), 15))::bit(60)::bigint), 0) AS digest
     FROM audit_events AS e WHERE ${where}`,
  );
  return row?.digest as string;
}

export async function insertSamples(sql: Sql, rows: number, agents: number): Promise<void> {
  await recordBySql(
    sql,
    `SELECT '${OLD.toISOString()}'::timestamptz + i * interval '5 milliseconds' AS ts, (i % 10)::float8 AS value,
      'metric-' || i % 3 AS metric, nullif('agent-' || i % ${agents}, 'agent-0') AS agent_id, NULL::text AS team_id,
      '{}'::jsonb AS labels
    FROM generate_series(0, ${rows - 1}) i`,
  );
}
