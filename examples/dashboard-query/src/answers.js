/**
 * The questions of a dashboard, by path. All take `days` (default 7) and `timeZone` (default UTC); those about a metric take
 * `metric` (default `events`) and `aggregate` (default `sum`).
 *
 * @type {Readonly<Record<string, (storage: import("@agent-assembly/storage").StorageBackend, query: URLSearchParams) =>
 *   Promise<unknown>>>}
 */
export const answers = {
  "/api/decisions": ({ audit }, query) =>
    audit.summarize(rangeOf(query), { bucket: dayOf(query), groupBy: ["decision"] }),

  "/api/series": ({ metrics }, query) =>
    metrics.query({
      ...selectionOf(query),
      bucket: dayOf(query),
      fill: "zero",
      window: [{ function: "movingAvg", size: 3 }, { function: "percentChange" }, { function: "cumulativeSum" }],
    }),

  "/api/top": ({ metrics }, query) => metrics.top({ ...selectionOf(query), by: "agentId", limit: 10 }),

  "/api/anomalies": async ({ metrics }, query) => {
    const series = await metrics.anomalies({
      ...selectionOf(query),
      bucket: { every: "1h", timeZone: timeZoneOf(query) },
      groupBy: ["agentId"],
      method: "mad",
    });
    return series
      .map(({ key, points }) => ({ key, points: points.filter(({ anomaly }) => anomaly) }))
      .filter(({ points }) => points.length > 0);
  },
};

/** @param {URLSearchParams} query */
function rangeOf(query) {
  const to = new Date();
  const days = Number(query.get("days") ?? 7);
  return { from: new Date(to.getTime() - days * 86_400_000), to };
}

/** @param {URLSearchParams} query */
function timeZoneOf(query) {
  return query.get("timeZone") ?? "UTC";
}

/** @param {URLSearchParams} query */
function dayOf(query) {
  return { every: "1d", timeZone: timeZoneOf(query) };
}

/** @param {URLSearchParams} query */
function selectionOf(query) {
  const metric = query.get("metric") ?? "events";
  // The store checks it, and its error names what is allowed.
  const aggregate = /** @type {import("@agent-assembly/storage").MetricAggregate} */ (query.get("aggregate") ?? "sum");
  return { metric, aggregate, ...rangeOf(query) };
}
