import type { MetricTables } from "./tables.js";
import { hashOfAll, hourOf, SERIES_HASH } from "./totals-sql.js";

/**
 * Marks the hours of samples as ones that cannot be read sample by sample any more, for their series and for the row of all
 * samples of their metric. The same transaction must remove the samples; the totals have them already.
 * @param samples what has the columns of samples
 * @returns subqueries of a WITH clause; the last one inserts
 */
export function markDropped(tables: MetricTables, samples: string): string {
  return `gone AS MATERIALIZED (
      SELECT DISTINCT metric, agent_id, team_id, labels, ${hourOf("ts")} AS hour FROM ${samples} AS m),
    lost AS MATERIALIZED (
      SELECT ${SERIES_HASH} AS hash, r.* FROM gone AS r
      UNION ALL
      SELECT DISTINCT ${hashOfAll("metric")}, metric, NULL, NULL, NULL::jsonb, hour FROM gone),
    known AS MATERIALIZED (SELECT id, hash FROM ${tables.series} WHERE hash IN (SELECT hash FROM lost)),
    -- Those whose totals are all pending. A fold may create them at the same moment, in the same order.
    made AS (
      INSERT INTO ${tables.series} (metric, agent_id, team_id, labels, hash, samples)
      SELECT DISTINCT ON (hash) metric, agent_id, team_id, labels, hash, 0 FROM lost
      WHERE NOT EXISTS (SELECT FROM known WHERE known.hash = lost.hash) ORDER BY hash
      ON CONFLICT (hash) DO UPDATE SET hash = EXCLUDED.hash RETURNING id, hash),
    marked AS (
      INSERT INTO ${tables.dropped} (series_id, hour)
      SELECT s.id, lost.hour FROM lost JOIN (SELECT * FROM known UNION ALL SELECT * FROM made) AS s USING (hash)
      ORDER BY 1, 2 ON CONFLICT DO NOTHING)`;
}
