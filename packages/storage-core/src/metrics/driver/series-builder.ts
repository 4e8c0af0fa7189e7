import { compareKeys } from "../../support/text.js";
import { exactToNumber } from "../decimal.js";
import type { SampleRow } from "../parse.js";
import { MAX_METRIC_POINTS } from "../query.js";
import { type ParsedMetricQuery, tooManyPoints } from "./parse-query.js";
import {
  addSample,
  aggregateTotals,
  emptyTotals,
  exactTotals,
  groupKey,
  mergeTotals,
  percentileCont,
  percentileOf,
  type SampleTotals,
} from "./totals.js";

interface Cell {
  readonly totals: SampleTotals;
  /** Only for percentiles. */
  readonly values: number[] | undefined;
}

/** The value of one bucket that has samples. */
export interface BucketValue {
  readonly value: number;
  /** The value as a whole number of the last declared decimal, where it is an amount of a metric with decimals. */
  readonly exact?: bigint;
  readonly sum: number;
  readonly samples: number;
}

/** The buckets of one group that have samples, by their starts in milliseconds since the epoch. */
export interface MetricGroup {
  readonly key: readonly (string | null)[];
  readonly buckets: ReadonlyMap<number, BucketValue>;
}

/** Adds samples and totals up into the groups and buckets that a metric query asks for. */
export class SeriesBuilder {
  readonly #groups = new Map<string, { key: (string | null)[]; cells: Map<number, Cell> }>();
  readonly #fraction: number | undefined;
  readonly #wanted: ReadonlySet<string> | undefined;
  #points = 0;

  constructor(readonly query: ParsedMetricQuery) {
    this.#fraction = percentileOf(query.aggregate);
    this.#wanted = query.keys && new Set(query.keys.map(idOf));
  }

  /** For those who know how many points they are about to add, each of its own. @throws when an answer has no room for them */
  expectPoints(count: number): void {
    if (count > MAX_METRIC_POINTS) throw tooManyPoints();
  }

  /** Adds one sample that the query's conditions have let through. */
  addSample(sample: Pick<SampleRow, "ts" | "value" | "agentId" | "teamId" | "labels">): void {
    const cell = this.#cell(sample.ts, sample);
    if (cell === undefined) return;
    // A percentile may be one of many samples that a driver has looked at, and then lies between two amounts.
    addSample(cell.totals, sample.ts, sample.value, this.#fraction === undefined ? this.query.decimals : undefined);
    cell.values?.push(sample.value);
  }

  /** Adds totals of samples that all lie in the bucket of `ts`; not for percentiles. */
  addTotals(ts: number, of: Pick<SampleRow, "agentId" | "teamId" | "labels">, totals: SampleTotals): void {
    const cell = this.#cell(ts, of);
    if (cell !== undefined) mergeTotals(cell.totals, totals);
  }

  /** Ordered by key, `null` last. */
  groups(): MetricGroup[] {
    return [...this.#groups.values()]
      .sort((a, b) => compareKeys(a.key, b.key))
      .map(({ key, cells }) => {
        const buckets = new Map<number, BucketValue>();
        for (const [start, cell] of cells) buckets.set(start, this.#valueOf(start, cell));
        return { key, buckets };
      });
  }

  #cell(ts: number, of: Pick<SampleRow, "agentId" | "teamId" | "labels">): Cell | undefined {
    const key = groupKey(this.query, of);
    const id = idOf(key);
    let group = this.#groups.get(id);
    if (group === undefined) {
      if (this.#wanted?.has(id) === false) return undefined;
      group = { key, cells: new Map() };
      this.#groups.set(id, group);
    }
    const start = this.query.bucket?.startOf(ts) ?? this.query.from;
    let cell = group.cells.get(start);
    if (cell === undefined) {
      if (++this.#points > MAX_METRIC_POINTS) throw tooManyPoints();
      cell = { totals: emptyTotals(), values: this.#fraction === undefined ? undefined : [] };
      group.cells.set(start, cell);
    }
    return cell;
  }

  #valueOf(start: number, { totals, values }: Cell): BucketValue {
    const { count: samples } = totals;
    if (values !== undefined) {
      return { value: percentileCont(values, this.#fraction as number), sum: totals.sum, samples };
    }
    const { decimals } = this.query;
    // Averages and rates of amounts are those of the exact sum.
    if (decimals !== undefined) totals.sum = exactToNumber(totals.exact, decimals);
    const { sum } = totals;
    const exact = exactTotals(this.query, totals);
    if (exact === undefined) return { value: aggregateTotals(this.query, start, totals), sum, samples };
    return { value: exactToNumber(exact, decimals as number), exact, sum, samples };
  }
}

function idOf(key: readonly (string | null)[]): string {
  return key.length === 0 ? "" : JSON.stringify(key);
}
