/** The server refuses sums beyond the largest double, where JavaScript says Infinity: large values are added up apart. */
const LARGE = "1e290";
export const LARGE_SCALE = 2 ** 64;

/** Of samples `m`, as SQL: of all values but the large ones, and of those, divided by {@link LARGE_SCALE}. */
export const SAMPLE_SUMS: readonly [sum: string, largeSum: string] = [
  `sum(m.value) FILTER (WHERE abs(m.value) < '${LARGE}'::float8)`,
  `sum(m.value / '${LARGE_SCALE}'::float8) FILTER (WHERE abs(m.value) >= '${LARGE}'::float8)`,
];

/** What is asked of samples, as columns of theirs. */
export const SAMPLE_COLUMNS = "ts, value, metric, agent_id, team_id, labels";

/** The sum of samples `m` in decimal: a double becomes a numeric of the 15 digits that its amount has. */
export const EXACT_SUM = "sum(m.value::numeric)";

/** The hour of a time, in UTC. */
export function hourOf(time: string): string {
  return `date_trunc('hour', ${time}, 'UTC')`;
}

/** Time and value of the last one. Arrays are compared element by element: the greatest time, of several the greatest value. */
export function lastOf(time: string, value: string): string {
  return `(max(ARRAY[date_part('epoch', ${time}), ${value}]))`;
}

/** What totals `t` are together, with the names of the columns. */
export const MERGED_TOTALS = [
  "sum(t.samples)::bigint AS samples",
  "sum(t.sum) AS sum",
  "sum(t.large_sum) AS large_sum",
  "sum(t.exact) AS exact",
  "min(t.min) AS min",
  "max(t.max) AS max",
  "max(t.last_ts) AS last_ts",
  `${lastOf("t.last_ts", "t.last_value")}[2] AS last_value`,
].join(", ");

/** SHA-256 that identifies the series of a row `r`. */
export const SERIES_HASH =
  "sha256(convert_to(jsonb_build_array(r.metric, r.agent_id, r.team_id, r.labels)::text, 'UTF8'))";

/** SHA-256 that identifies the row of all samples of a metric. @param metric SQL of type text */
export function hashOfAll(metric: string): string {
  return `sha256(convert_to(jsonb_build_array(${metric})::text, 'UTF8'))`;
}
