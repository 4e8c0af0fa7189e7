import type { MetricTables } from "./tables.js";
import { hashOfAll, MERGED_TOTALS, SERIES_HASH } from "./totals-sql.js";

/** Locks the one row that a transaction needs to move pending totals; yields it, or nothing where another one has it. */
export function lockFold(tables: MetricTables): string {
  return `SELECT 1 FROM ${tables.fold} FOR UPDATE SKIP LOCKED`;
}

/**
 * Moves the oldest pending totals to the totals and the series, and yields their number. The transaction must have the lock
 * of {@link lockFold}.
 *
 * One statement, so that every answer has each pending row in one place. Series and totals are written in one order, so
 * that a drop that creates series at the same time does not wait for what waits for it.
 * @param limit of pending rows
 */
export function movePending(tables: MetricTables, limit: number): string {
  return `WITH taken AS (
      DELETE FROM ${tables.pending} WHERE id IN (SELECT id FROM ${tables.pending} ORDER BY id LIMIT ${limit}) RETURNING *),
    hours AS MATERIALIZED (
      SELECT metric, agent_id, team_id, labels, bucket, ${MERGED_TOTALS}, min(t.first_ts) AS first_ts
      FROM taken AS t GROUP BY metric, agent_id, team_id, labels, bucket),
    parts AS MATERIALIZED (
      SELECT ${SERIES_HASH} AS hash, r.* FROM hours AS r
      UNION ALL
      SELECT ${hashOfAll("t.metric")}, t.metric, NULL, NULL, NULL, t.bucket, ${MERGED_TOTALS}, min(t.first_ts)
      FROM hours AS t GROUP BY t.metric, t.bucket),
    series AS (
      INSERT INTO ${tables.series} AS s (metric, agent_id, team_id, labels, hash, samples, first_ts, last_ts)
      SELECT metric, agent_id, team_id, labels, hash, sum(samples), min(first_ts), max(last_ts)
      FROM parts GROUP BY hash, metric, agent_id, team_id, labels ORDER BY hash
      ON CONFLICT (hash) DO UPDATE SET samples = s.samples + EXCLUDED.samples,
        first_ts = least(s.first_ts, EXCLUDED.first_ts), last_ts = greatest(s.last_ts, EXCLUDED.last_ts)
      RETURNING id, hash),
    added AS (
      INSERT INTO ${tables.totals} AS o
        (series_id, level, bucket, samples, sum, large_sum, exact, min, max, last_ts, last_value)
      SELECT s.id, level, date_trunc(level, t.bucket, 'UTC'), ${MERGED_TOTALS}
      FROM parts AS t JOIN series AS s USING (hash) CROSS JOIN unnest(ARRAY['hour', 'day', 'month']) AS level
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      ON CONFLICT (series_id, level, bucket) DO UPDATE SET
        samples = o.samples + EXCLUDED.samples, sum = o.sum + EXCLUDED.sum, large_sum = o.large_sum + EXCLUDED.large_sum,
        exact = o.exact + EXCLUDED.exact, min = least(o.min, EXCLUDED.min), max = greatest(o.max, EXCLUDED.max),
        last_ts = greatest(o.last_ts, EXCLUDED.last_ts),
        last_value = CASE WHEN (EXCLUDED.last_ts, EXCLUDED.last_value) > (o.last_ts, o.last_value)
          THEN EXCLUDED.last_value ELSE o.last_value END)
    SELECT count(*) FROM taken`;
}
