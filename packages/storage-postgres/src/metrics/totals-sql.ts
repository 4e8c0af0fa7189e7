/** The server refuses sums beyond the largest double, where JavaScript says Infinity: large values are added up apart. */
const LARGE = "1e290";
export const LARGE_SCALE = 2 ** 64;

/** Of samples, as SQL: of all values but the large ones, and of those, divided by {@link LARGE_SCALE}. */
export const SAMPLE_SUMS: readonly [sum: string, largeSum: string] = [
  `sum(m.value) FILTER (WHERE abs(m.value) < '${LARGE}'::float8)`,
  `sum(m.value / '${LARGE_SCALE}'::float8) FILTER (WHERE abs(m.value) >= '${LARGE}'::float8)`,
];

/** What is asked of samples, as columns of theirs. */
export const SAMPLE_COLUMNS = "ts, value, metric, agent_id, team_id, labels";

/**
 * Adds samples up into the hourly totals, from which nothing is ever taken away: the same transaction must remove them.
 * @param totals the table, quoted, with its schema
 * @param samples what has {@link SAMPLE_COLUMNS}
 */
export function addToTotals(totals: string, samples: string): string {
  const [sum, largeSum] = SAMPLE_SUMS;
  return `INSERT INTO ${totals} AS t
      (metric, bucket, series, agent_id, team_id, labels, samples, sum, large_sum, min, max, last_ts, last_value)
    SELECT metric, date_trunc('hour', m.ts, 'UTC') AS bucket,
      sha256(convert_to(jsonb_build_array(agent_id, team_id, labels)::text, 'UTF8')) AS series,
      agent_id, team_id, labels, count(*), coalesce(${sum}, 0), coalesce(${largeSum}, 0), min(m.value), max(m.value),
      max(m.ts), ${lastOf("m.ts", "m.value")}[2]
    FROM ${samples} AS m GROUP BY metric, date_trunc('hour', m.ts, 'UTC'), agent_id, team_id, labels
    -- In one order, so that two who drop at once do not wait for each other.
    ORDER BY metric, bucket, series
    ON CONFLICT (metric, bucket, series) DO UPDATE SET
      samples = t.samples + EXCLUDED.samples, sum = t.sum + EXCLUDED.sum, large_sum = t.large_sum + EXCLUDED.large_sum,
      min = least(t.min, EXCLUDED.min), max = greatest(t.max, EXCLUDED.max),
      last_ts = greatest(t.last_ts, EXCLUDED.last_ts),
      last_value = CASE WHEN (EXCLUDED.last_ts, EXCLUDED.last_value) > (t.last_ts, t.last_value)
        THEN EXCLUDED.last_value ELSE t.last_value END`;
}

/** Time and value of the last one. Arrays are compared element by element: the greatest time, of several the greatest value. */
export function lastOf(time: string, value: string): string {
  return `(max(ARRAY[date_part('epoch', ${time}), ${value}]))`;
}
