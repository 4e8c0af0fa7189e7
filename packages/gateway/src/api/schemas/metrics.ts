import { METRIC_AGGREGATES, WINDOW_FUNCTIONS } from "@agent-assembly/storage-core";
import { z } from "zod";
import { anyOf, bucketQuery, count, instant, listOf, text, time } from "./common.js";

const dimension = text.describe("agentId, teamId or labels.NAME");

const selection = {
  metric: text.describe("A recorded metric, or events, denials, tool.calls or approvals.latency"),
  agentId: anyOf.optional(),
  teamId: anyOf.optional(),
  label: z.array(z.string().max(1024)).max(32).optional().describe("NAME=VALUE; repeat it for several"),
  from: instant,
  to: instant.describe("Exclusive"),
  unit: z.string().max(30).optional().describe("Converts the values, where the metric has a unit of that quantity"),
};

const aggregate = z.enum(METRIC_AGGREGATES);

/** GET /metrics/query */
export const metricQuery = z.strictObject({
  ...selection,
  aggregate,
  ...bucketQuery,
  groupBy: z.array(dimension).max(32).optional().describe("agentId, teamId or labels.NAME; repeat it for several"),
  fill: z.enum(["none", "null", "zero", "previous"]).optional().describe("Of buckets without samples; default none"),
  window: z
    .array(z.string().max(40))
    .max(10)
    .optional()
    .describe(
      `A function over the buckets, with its size where it has one: movingAvg:5. One of ${WINDOW_FUNCTIONS.join(", ")}`,
    ),
});

const point = z.strictObject({
  ts: time,
  value: z.number().nullable(),
  exact: z.string().optional().describe("All digits, of a metric with declared decimals"),
  windows: z.array(z.number().nullable()).optional(),
});

/** The points of one group. */
export const metricSeries = z
  .strictObject({
    key: z.record(z.string(), z.string().nullable()),
    unit: z.string().optional(),
    points: z.array(point),
  })
  .meta({ id: "MetricSeries" });

export const metricSeriesList = listOf(metricSeries).meta({ id: "MetricSeriesList" });

/** GET /metrics/top */
export const metricTopQuery = z.strictObject({
  ...selection,
  by: z.array(dimension).min(1).max(32).describe("agentId, teamId or labels.NAME; repeat it for several"),
  aggregate: aggregate.optional().describe("Default sum"),
  limit: z.int().min(1).max(1000).optional().describe("Default 10"),
  ...bucketQuery,
});

/** The groups with the greatest values. */
export const metricTop = z
  .strictObject({
    rows: z.array(
      z.strictObject({
        key: z.record(z.string(), z.string().nullable()),
        value: z.number(),
        exact: z.string().optional(),
        share: z.number().nullable(),
        points: z.array(point).optional(),
      }),
    ),
    groups: count,
    total: z.number().nullable(),
    unit: z.string().optional(),
  })
  .meta({ id: "MetricTop" });

/** What is known of one metric. */
export const metricInfo = z
  .strictObject({
    name: z.string(),
    source: z.enum(["recorded", "events"]),
    unit: z.string().optional(),
    kind: z.enum(["gauge", "delta", "cumulative"]).optional(),
    decimals: count.optional(),
    samples: count.nullable(),
    first: time.optional(),
    last: time.optional(),
    agents: count.nullable(),
    teams: count.nullable(),
    labels: z.record(z.string(), count.nullable()),
    evicted: count.optional(),
  })
  .meta({ id: "MetricInfo" });

/** GET /metrics */
export const metricList = listOf(metricInfo).meta({ id: "MetricList" });
