import type { ParsedMetricLabelValues } from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { Bindings } from "../sql/bindings.js";
import { milliseconds } from "./bucket-sql.js";
import { dimensionOf } from "./series-sql.js";
import type { MetricTables } from "./tables.js";

/** What is known of one metric; times in milliseconds since the epoch. */
export type StatsRow = readonly [
  name: string,
  samples: string,
  first: string,
  last: string,
  agents: string,
  teams: string,
  /** A JSON object: the number of values of each label, with what jsonb cannot hold escaped. */
  labels: string | null,
];

/** A value of one dimension, its samples, and the number of values. */
export type LabelValueRow = readonly [value: string | null, samples: string, total: string];

/** @param prefix of the names, taken literally */
export function selectStats(tables: MetricTables, prefix: string): Statement {
  const text = `WITH series AS MATERIALIZED (${allSeries(tables, (metric) => `starts_with(${metric}, $1::text)`)}),
    metrics AS (
      SELECT metric, sum(samples) AS samples, min(first_ts) AS first_ts, max(last_ts) AS last_ts,
        count(DISTINCT agent_id) AS agents, count(DISTINCT team_id) AS teams
      FROM series GROUP BY metric),
    labels AS (
      SELECT metric, jsonb_object_agg(key, count) AS labels FROM (
        SELECT metric, l.key, count(DISTINCT l.value) FROM series CROSS JOIN jsonb_each_text(labels) AS l
        GROUP BY metric, l.key) AS counts
      GROUP BY metric)
    SELECT metric, samples, ${milliseconds("first_ts")}, ${milliseconds("last_ts")}, agents, teams, labels
    FROM metrics LEFT JOIN labels USING (metric)`;
  return { text, values: [prefix] };
}

export function selectLabelValues(tables: MetricTables, { metric, by, limit }: ParsedMetricLabelValues): Statement {
  const bindings = new Bindings();
  const name = bindings.bind(metric, "text");
  const value = dimensionOf(by, "s", bindings);
  const text = `SELECT ${value}, sum(s.samples), count(*) OVER ()
    FROM (${allSeries(tables, (column) => `${column} = ${name}`)}) AS s
    GROUP BY 1 ORDER BY 2 DESC, (${value}) COLLATE "C" NULLS LAST LIMIT ${bindings.bind(limit, "bigint")}`;
  return { text, values: bindings.values };
}

/** Series with their samples; one with totals that are pending comes twice. @param matches a condition on the metric's name */
function allSeries({ series, pending }: MetricTables, matches: (metric: string) => string): string {
  return `SELECT metric, agent_id, team_id, labels, samples, first_ts, last_ts FROM ${series}
      WHERE labels IS NOT NULL AND samples > 0 AND ${matches("metric")}
    UNION ALL
    SELECT metric, agent_id, team_id, labels, sum(samples)::bigint, min(first_ts), max(last_ts) FROM ${pending}
      WHERE ${matches("metric")} GROUP BY metric, agent_id, team_id, labels`;
}
