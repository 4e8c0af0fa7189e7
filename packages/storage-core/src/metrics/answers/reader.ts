import { StorageError } from "../../errors.js";
import { compareKeys } from "../../support/text.js";
import { MIN_TIME_MS } from "../../support/time-range.js";
import { bucketStarts } from "../../time/bucket.js";
import type { MetricDriver } from "../driver/driver.js";
import type { BucketedQuery, ParsedMetricQuery } from "../driver/parse-query.js";
import { type MetricGroup, SeriesBuilder } from "../driver/series-builder.js";
import { eventMetric } from "../event-metrics.js";
import { collectEvents, type EventLog, type LabelOptions } from "./event-source.js";

/** Groups on a grid of consecutive buckets. */
export interface BucketGrid {
  readonly groups: readonly MetricGroup[];
  /** Milliseconds since the epoch; the first `rangeStart` of them lie before the range. */
  readonly starts: readonly number[];
  readonly rangeStart: number;
}

/** Windows and baselines add values up exactly, which needs finite ones. */
function checkFinite(groups: readonly MetricGroup[]): void {
  for (const { buckets } of groups) {
    for (const [start, { value }] of buckets) {
      if (Number.isFinite(value)) continue;
      throw new StorageError({
        code: "unsupported",
        message: `the value of the bucket at ${new Date(start).toISOString()} is beyond the largest double`,
        remedy: "Narrow the range or the buckets, or leave windows and anomalies out.",
      });
    }
  }
}

/** Reads recorded metrics from the driver, and those that come from events from the audit log. */
export class MetricReader {
  constructor(
    private readonly driver: MetricDriver,
    private readonly log: EventLog,
  ) {}

  /** @param options of the request, for errors that name labels; default: those of a query */
  async groups(query: ParsedMetricQuery, options?: LabelOptions): Promise<MetricGroup[]> {
    const builder = new SeriesBuilder(query);
    const metric = eventMetric(query.metric);
    // A list of no values matches nothing.
    if (query.agentIds?.length !== 0 && query.teamIds?.length !== 0) {
      await (metric === undefined ? this.driver.collect(builder) : collectEvents(this.log, metric, builder, options));
    }
    return builder.groups();
  }

  /**
   * Groups with their buckets since `since`, which lies before the range.
   * @param since milliseconds since the epoch; the buckets before the range are whole, while its own first one begins at `from`
   * @param of which groups: those that have samples in the range, or all that have samples since `since`
   */
  async grid(query: BucketedQuery, since: number, of: "range" | "all"): Promise<BucketGrid> {
    const grid = await this.#grid(query, since);
    const first = grid.starts[grid.rangeStart] as number;
    const groups = grid.groups.filter(({ buckets }) => {
      if (of === "all" || grid.rangeStart === 0) return true;
      for (const start of buckets.keys()) if (start >= first) return true;
      return false;
    });
    checkFinite(groups);
    return { ...grid, groups };
  }

  async #grid(query: BucketedQuery, since: number): Promise<BucketGrid> {
    const { bucket, from, to } = query;
    const first = bucket.startOf(from);
    const earliest = bucket.startOf(Math.max(since, MIN_TIME_MS));
    const starts = bucketStarts(bucket, earliest, to);
    const rangeStart = starts.indexOf(first);
    if (rangeStart === 0) return { groups: await this.groups(query), starts, rangeStart };
    if (first === from) return { groups: await this.groups({ ...query, from: earliest }), starts, rangeStart };
    const merged = mergeGroups(await this.groups({ ...query, from: earliest, to: first }), await this.groups(query));
    return { groups: merged, starts, rangeStart };
  }
}

/** Groups of two ranges that share no bucket, ordered by key. */
function mergeGroups(earlier: readonly MetricGroup[], later: readonly MetricGroup[]): MetricGroup[] {
  const merged = new Map(earlier.map((group) => [JSON.stringify(group.key), group]));
  for (const { key, buckets } of later) {
    const id = JSON.stringify(key);
    merged.set(id, { key, buckets: new Map([...(merged.get(id)?.buckets ?? []), ...buckets]) });
  }
  return [...merged.values()].sort((a, b) => compareKeys(a.key, b.key));
}
