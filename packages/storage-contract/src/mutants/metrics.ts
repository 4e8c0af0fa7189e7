import type { MetricQuery, MetricSample, MetricSeries, StorageBackend } from "@agent-assembly/storage-core";
import type { CaseId } from "../cases/index.js";
import { type Mutant, mutant, override } from "./mutant.js";

/** A defect of metrics. `found`: also by random questions about a data set. */
export interface MetricMutant extends Mutant {
  readonly found: boolean;
}

type Members = Partial<StorageBackend["metrics"]>;

function defect(name: string, caseId: CaseId, members: (metrics: StorageBackend["metrics"]) => Members): MetricMutant {
  return { ...mutant(name, caseId, (sound) => override(sound, "metrics", members(sound.metrics))), found: false };
}

const found = (one: MetricMutant): MetricMutant => ({ ...one, found: true });

/** Changes the points of every series. */
function points(
  metrics: StorageBackend["metrics"],
  change: (series: MetricSeries, query: MetricQuery) => MetricSeries["points"],
): Members {
  return {
    query: async (query) =>
      (await metrics.query(query)).map((series) => ({ ...series, points: change(series, query) })),
  };
}

/** Changes the answers to queries with windows. */
function windows(
  metrics: StorageBackend["metrics"],
  change: (query: MetricQuery, series: MetricSeries[]) => Promise<MetricSeries[]>,
): Members {
  return {
    query: async (query) => {
      const series = await metrics.query(query);
      return query.window === undefined ? series : change(query, series);
    },
  };
}

/** Has a sample keep the part of it that this gives. */
function samples(metrics: StorageBackend["metrics"], change: (sample: MetricSample) => MetricSample): Members {
  return { record: (given) => metrics.record(given.map((sample) => (sample ? change(sample) : sample))) };
}

/** Keeps readings that only rise: others are raised by all that was lost before. */
function withoutResets(metrics: StorageBackend["metrics"]): Members {
  const highest = new Map<string, number>();
  return samples(metrics, (sample) => {
    const id = JSON.stringify([sample.metric, sample.agentId, sample.teamId, sample.labels]);
    const value = Math.max(highest.get(id) ?? 0, sample.value);
    highest.set(id, value);
    return { ...sample, value };
  });
}

/** Defects of metrics that real backends could have. */
export const metricMutants: readonly MetricMutant[] = [
  found(
    defect("adds amounts up as doubles", "metrics.decimals.sum-is-exact", (metrics) =>
      points(metrics, ({ points: all }, { aggregate }) =>
        all.map((point) =>
          point.exact === undefined || aggregate !== "sum" ? point : { ...point, exact: String(point.value) },
        ),
      ),
    ),
  ),
  defect("rounds amounts to the declared decimals", "metrics.decimals.more-digits-than-declared", (metrics) =>
    samples(metrics, (sample) =>
      sample.metric === "m" ? { ...sample, value: Math.round(sample.value * 100) / 100 } : sample,
    ),
  ),
  defect("forgets resets of counters", "metrics.counter.resets", withoutResets),
  defect("has one counter for all agents", "metrics.counter.by-series", (metrics) =>
    samples(metrics, ({ agentId: _, ...sample }) => sample),
  ),
  defect("records readings one by one", "metrics.counter.order-within-a-call", (metrics) => ({
    async record(given) {
      const results = [];
      for (const sample of given) results.push(await metrics.record([sample]));
      return {
        recorded: results.reduce((sum, { recorded }) => sum + recorded, 0),
        rejected: results.flatMap(({ rejected }, index) => rejected.map((one) => ({ ...one, index }))),
      };
    },
  })),
  defect("stores late readings as if they were in time", "metrics.counter.late", (metrics) => ({
    async record(given) {
      const result = await metrics.record(given);
      const late = result.rejected.filter(({ code }) => code === "out_of_order");
      return {
        recorded: result.recorded + late.length,
        rejected: result.rejected.filter(({ code }) => code !== "out_of_order"),
      };
    },
  })),
  defect("takes any definition again", "metrics.define.conflict", (metrics) => ({
    define: (definition) => metrics.define(definition).catch(() => definition),
  })),
  defect("lets the kind of a metric with samples change", "metrics.define.after-samples", (metrics) => ({
    define: async (definition) => {
      const [info] = await metrics.list({ prefix: definition.name });
      return info !== undefined && info.samples !== 0 ? definition : metrics.define(definition);
    },
  })),
  found(
    defect("ignores the prefix of a list", "metrics.list.prefix", (metrics) => ({
      list: async (request) => {
        await metrics.list(request);
        return metrics.list();
      },
    })),
  ),
  defect("takes % in a prefix for a wildcard", "metrics.list.prefix", (metrics) => ({
    list: async (request = {}) => {
      const checked = await metrics.list(request);
      if (request.prefix === undefined || !/[%_]/.test(request.prefix)) return checked;
      const pattern = request.prefix
        .replaceAll(/[[\]\\^$.|?*+()]/g, "\\$&")
        .replaceAll("%", ".*")
        .replaceAll("_", ".");
      return (await metrics.list()).filter(({ name }) => new RegExp(`^${pattern}`, "u").test(name));
    },
  })),
  defect("does not list a metric without samples", "metrics.list.declared-without-samples", (metrics) => ({
    list: async (request) => (await metrics.list(request)).filter(({ samples: count }) => count !== 0),
  })),
  found(
    defect("counts the values within the limit only", "metrics.label-values.limit", (metrics) => ({
      labelValues: async (request) => {
        const answer = await metrics.labelValues(request);
        return { ...answer, total: answer.values.length };
      },
    })),
  ),
  found(
    defect("leaves samples without a label out of its values", "metrics.label-values.order", (metrics) => ({
      labelValues: async (request) => {
        const { values, total } = await metrics.labelValues(request);
        return { values: values.filter(({ value }) => value !== null), total };
      },
    })),
  ),
  found(
    defect("has shares of the rows returned only", "metrics.top.limit", (metrics) => ({
      top: async (request) => {
        const answer = await metrics.top(request);
        if (answer.total === null) return answer;
        const total = answer.rows.reduce((sum, { value }) => sum + value, 0);
        return { ...answer, total, rows: answer.rows.map((row) => ({ ...row, share: row.value / total })) };
      },
    })),
  ),
  found(
    defect("orders groups of equal values anyhow", "metrics.top.order-and-ties", (metrics) => ({
      top: async (request) => {
        const answer = await metrics.top(request);
        return { ...answer, rows: answer.rows.toReversed().sort((a, b) => b.value - a.value) };
      },
    })),
  ),
  found(
    defect("leaves empty buckets out of the points of a row", "metrics.top.points", (metrics) => ({
      top: async (request) => {
        const answer = await metrics.top(request);
        const rows = answer.rows.map((row) => {
          const kept = row.points?.filter(({ value }) => value !== 0 && value !== null);
          return kept === undefined ? row : { ...row, points: kept };
        });
        return { ...answer, rows };
      },
    })),
  ),
  found(
    defect("answers metrics from events in UTC", "metrics.events.time-zone-day", (metrics) => ({
      query: (query) => metrics.query(query.bucket ? { ...query, bucket: { every: query.bucket.every } } : query),
    })),
  ),
  found(
    defect("has a series of no events", "metrics.events.filters", (metrics) => ({
      query: async (query) => {
        const series = await metrics.query(query);
        if (series.length > 0 || (query.groupBy ?? []).length > 0) return series;
        return [{ key: {}, points: [{ ts: query.from, value: 0 }] }];
      },
    })),
  ),
  found(
    defect("reads nothing before from for windows", "metrics.window.moving", (metrics) =>
      windows(metrics, async (query, series) => {
        const first = series[0]?.points[0]?.ts;
        if (first === undefined) return series;
        const buckets = new Set(series.flatMap(({ points: all }) => all.map(({ ts }) => ts.getTime()))).size;
        const looksBack = [query.window].flat().some((one) => one?.size !== undefined && one.size <= buckets);
        if (!looksBack) return series;
        return series.map((one) => ({
          ...one,
          points: one.points.map((point, n) =>
            n === 0 && point.windows ? { ...point, windows: point.windows.map(() => point.value) } : point,
          ),
        }));
      }),
    ),
  ),
  found(
    defect("takes windows over points instead of buckets", "metrics.window.earlier", (metrics) =>
      windows(metrics, async (query, series) => {
        const [only] = [query.window].flat();
        if (only?.function !== "lag") return series;
        return series.map((one) => ({
          ...one,
          points: one.points.map((point, n) => ({
            ...point,
            windows: (point.windows ?? []).map((value, i) =>
              i > 0 || n === 0 ? value : (one.points[n - (only.size ?? 1)]?.value ?? value),
            ),
          })),
        }));
      }),
    ),
  ),
  found(
    defect("gives ties ranks of their own", "metrics.window.compared-buckets", (metrics) =>
      windows(metrics, async (query, series) => {
        if (![query.window].flat().some((one) => one?.function === "rank")) return series;
        const seen = new Set<number>();
        return series.map((one) => ({
          ...one,
          points: one.points.map((point) => {
            const [rank = null, ...others] = point.windows ?? [];
            if (rank === null) return point;
            const own = seen.has(rank) ? rank + 1 : rank;
            seen.add(rank);
            return { ...point, windows: [own, ...others] };
          }),
        }));
      }),
    ),
  ),
  found(
    defect("judges buckets that the range cuts", "metrics.anomalies.cut-buckets", (metrics) => ({
      anomalies: async (query) =>
        (await metrics.anomalies(query)).map((series) => ({
          ...series,
          points: series.points.map((point) =>
            point.score === null && point.value !== null && point.expected !== null ? { ...point, score: 0 } : point,
          ),
        })),
    })),
  ),
  found(
    defect("takes gaps for zeros in baselines", "metrics.anomalies.gaps-and-min-samples", (metrics) => ({
      anomalies: (query) => metrics.anomalies({ ...query, fill: query.fill ?? "zero" }),
    })),
  ),
  found(
    defect("compares seasons in UTC", "metrics.anomalies.seasonal", (metrics) => ({
      anomalies: (query) => metrics.anomalies({ ...query, bucket: { every: query.bucket.every } }),
    })),
  ),
  defect("has no floor for the spread of numbers of events", "metrics.anomalies.event-counts", (metrics) => ({
    anomalies: async (query) =>
      (await metrics.anomalies(query)).map((series) => ({
        ...series,
        points: series.points.map((point) => ({
          ...point,
          anomaly: point.expected !== null && point.value !== null && point.value !== point.expected,
        })),
      })),
  })),
];
