import type { Sql } from "../../src/driver/pool.js";
import { movePending } from "../../src/metrics/fold-sql.js";
import { recordFrom } from "../../src/metrics/record-sql.js";
import type { MetricTables } from "../../src/metrics/tables.js";

/** As the search path finds them. */
export const TABLES: MetricTables = {
  samples: "metrics",
  pending: "pending_metric_totals",
  series: "metric_series",
  totals: "metric_totals",
  dropped: "dropped_metric_hours",
  definitions: "metric_definitions",
  lockDefinitions: "lock_metric_definitions",
  counters: "metric_counters",
  fold: "metric_fold",
};

/** Records what a query yields, as `record` does. @param source a query for ts, value, metric, agent_id, team_id and labels */
export async function recordBySql(sql: Sql, source: string): Promise<void> {
  await sql.unsafe(recordFrom(TABLES, source, "(SELECT name, kind, unit, decimals FROM metric_definitions)"));
}

/** Moves all pending totals on. @param slice rows of one transaction */
export async function foldAll(sql: Sql, slice = 1000): Promise<void> {
  for (let left = true; left; ) {
    left = await sql.begin(async (transaction) => {
      await transaction.unsafe(`SELECT FROM ${TABLES.fold} FOR UPDATE`);
      const [row] = await transaction.unsafe<{ count: string }[]>(movePending(TABLES, slice));
      return row?.count !== "0";
    });
  }
}

/** Forgets all samples, with what they added up to; definitions stay. */
export async function forgetSamples(sql: Sql): Promise<void> {
  await sql`TRUNCATE metrics, pending_metric_totals, metric_series, metric_totals, dropped_metric_hours, metric_counters`;
}
