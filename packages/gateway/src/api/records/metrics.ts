import type { MetricDimension, MetricWindow, OneOrMany, WindowFunction } from "@agent-assembly/storage-core";
import type { z } from "zod";
import type { Identity } from "../../context.js";
import { problem } from "../../http/problem.js";
import { bucketOf } from "../events/filter.js";
import { jsonAnswer } from "../routing/answers.js";
import { defineRoute, type Route } from "../routing/route.js";
import { teamsToRead } from "../routing/team.js";
import * as schemas from "../schemas/metrics.js";

const TAG = "metrics";

/** The routes of metrics. */
export const METRIC_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    path: "/metrics",
    id: "listMetrics",
    tag: TAG,
    summary: "List metrics",
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "All metrics, by name", schema: schemas.metricList } },
    handle: async ({ context }) => jsonAnswer({ items: await context.storage.metrics.list() }),
  }),
  defineRoute({
    method: "GET",
    path: "/metrics/query",
    id: "queryMetric",
    tag: TAG,
    summary: "Query a metric over time",
    scopes: ["read"],
    team: "own",
    query: schemas.metricQuery,
    answers: { 200: { description: "One series for each group", schema: schemas.metricSeriesList } },
    async handle({ context, identity, query }) {
      const { aggregate, groupBy, fill, window, every, timeZone } = query;
      const items = await context.storage.metrics.query({
        ...selectionOf(identity, query),
        aggregate,
        bucket: bucketOf({ every, timeZone }),
        groupBy: groupBy as readonly MetricDimension[] | undefined,
        fill,
        window: window?.map(windowOf),
      });
      return jsonAnswer({ items });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/metrics/top",
    id: "topOfMetric",
    tag: TAG,
    summary: "The groups with the greatest values of a metric",
    scopes: ["read"],
    team: "own",
    query: schemas.metricTopQuery,
    answers: { 200: { description: "The greatest first", schema: schemas.metricTop } },
    async handle({ context, identity, query }) {
      const { by, aggregate, limit, every, timeZone } = query;
      const top = await context.storage.metrics.top({
        ...selectionOf(identity, query),
        by: by as readonly MetricDimension[],
        aggregate,
        limit,
        bucket: bucketOf({ every, timeZone }),
      });
      return jsonAnswer(top);
    },
  }),
];

type Selected = Pick<
  z.output<typeof schemas.metricQuery>,
  "metric" | "agentId" | "teamId" | "label" | "from" | "to" | "unit"
>;

function selectionOf(identity: Identity, { metric, agentId, teamId, label, from, to, unit }: Selected) {
  const teams: OneOrMany<string> | undefined = teamsToRead(identity, teamId);
  return { metric, agentId, teamId: teams, labels: label === undefined ? undefined : labelsOf(label), from, to, unit };
}

/** `NAME=VALUE` as labels. */
function labelsOf(pairs: readonly string[]): Record<string, string> {
  const labels = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    if (at < 1 || labels.has(name)) {
      throw problem("invalid_argument", "label must be NAME=VALUE, each name once", { option: "label" });
    }
    labels.set(name, pair.slice(at + 1));
  }
  return Object.fromEntries(labels);
}

/** `movingAvg:5`, or only the name of the function; the store checks both. */
function windowOf(text: string): MetricWindow {
  const [name, size] = text.split(":", 2);
  if (size !== undefined && !/^\d{1,6}$/.test(size)) {
    throw problem("invalid_argument", "window must be a function and a number of buckets, such as movingAvg:5", {
      option: "window",
    });
  }
  return { function: name as WindowFunction, ...(size !== undefined && { size: Number(size) }) };
}
