import { StorageError } from "../errors.js";
import { changesSamples, type MetricDefinition, sameDefinition } from "../metrics/definition.js";
import { type CounterReading, toIncreases } from "../metrics/driver/counter.js";
import type { DefineOutcome, MetricDriver, MetricStats, RecordOutcome } from "../metrics/driver/driver.js";
import type { ParsedMetricLabelValues } from "../metrics/driver/parse-query.js";
import type { SeriesBuilder } from "../metrics/driver/series-builder.js";
import {
  addSample,
  emptyTotals,
  matchesMetricQuery,
  percentileOf,
  type SampleTotals,
} from "../metrics/driver/totals.js";
import type { SampleRow } from "../metrics/parse.js";
import { type HeldSamples, labelValuesOf, statsOf } from "./metric-stats.js";

/** Samples kept in full; older ones are kept as totals per series and minute. */
const MAX_SAMPLES = 200_000;
/** Totals kept; beyond it the oldest minutes are forgotten, and queries that reach back to them are refused. */
const MAX_MINUTES = 200_000;
/** Counters whose newest reading is kept. To forget one would count its next reading as if it had started anew. */
const MAX_COUNTERS = 200_000;
const MINUTE_MS = 60_000;

interface MinuteTotals {
  readonly minute: number;
  readonly of: Pick<SampleRow, "metric" | "agentId" | "teamId" | "labels">;
  /** Time of the first sample, milliseconds since the epoch. */
  first: number;
  readonly totals: SampleTotals;
}

/** Metrics that are declared, and metrics of which it is known that some was forgotten. */
const MAX_NAMES = 10_000;

/**
 * Metrics in the memory of this process, bounded: answers are exact or refused, never quietly incomplete.
 */
export class MemoryMetricDriver implements MetricDriver {
  readonly #maxSamples: number;
  readonly #maxMinutes: number;
  readonly #definitions = new Map<string, MetricDefinition>();
  readonly #counters = new Map<string, CounterReading>();
  #samples: SampleRow[] = [];
  #minutes = new Map<string, MinuteTotals>();
  /** What was forgotten, by metric. */
  readonly #evicted = new Map<string, { samples: number; first: number; last: number }>();
  /** End of the newest forgotten minute, milliseconds since the epoch. */
  #forgottenUntil = Number.NEGATIVE_INFINITY;

  constructor(limits: { readonly maxSamples?: number; readonly maxMinutes?: number } = {}) {
    this.#maxSamples = limits.maxSamples ?? MAX_SAMPLES;
    this.#maxMinutes = limits.maxMinutes ?? MAX_MINUTES;
  }

  async definitions(): Promise<readonly MetricDefinition[]> {
    return [...this.#definitions.values()];
  }

  async define(definition: MetricDefinition): Promise<DefineOutcome> {
    const { name } = definition;
    const stored = this.#definitions.get(name);
    if (stored !== undefined) return { status: "exists", definition: stored };
    if (this.#definitions.size >= MAX_NAMES) {
      throw new StorageError({
        code: "full",
        message: `there is room for the definitions of ${MAX_NAMES} metrics in memory`,
        remedy: "Use labels in place of names, or a backend that persists metrics.",
      });
    }
    if (changesSamples(definition) && this.#hasSamples(name)) return { status: "has_samples" };
    this.#definitions.set(name, definition);
    return { status: "defined" };
  }

  async record(
    samples: readonly SampleRow[],
    definitions: ReadonlyMap<string, MetricDefinition>,
  ): Promise<RecordOutcome> {
    for (const metric of new Set(samples.map(({ metric }) => metric))) {
      if (!sameDefinition(this.#definitions.get(metric), definitions.get(metric))) return { status: "redefined" };
    }
    const increases = toIncreases(samples, definitions, this.#counters);
    if (this.#counters.size + increases.readings.size > MAX_COUNTERS) this.#refuseCounters(increases.readings);
    for (const [counter, reading] of increases.readings) this.#counters.set(counter, reading);
    for (const sample of increases.samples) this.#samples.push(sample);
    // A quarter more before folding, so that the cost of folding is spread over many records.
    if (this.#samples.length > this.#maxSamples * 1.25) this.#fold();
    return { status: "recorded", late: increases.late };
  }

  async collect(builder: SeriesBuilder): Promise<void> {
    const { query } = builder;
    if (query.from < this.#forgottenUntil) {
      throw unsupported(
        `samples before ${new Date(this.#forgottenUntil).toISOString()} are no longer in memory`,
        "Start the range there, or use a backend that persists metrics.",
      );
    }
    for (const entry of this.#minutes.values()) this.#addMinute(builder, entry);
    for (const sample of this.#samples) {
      if (sample.ts >= query.from && sample.ts < query.to && matchesMetricQuery(query, sample)) {
        builder.addSample(sample);
      }
    }
  }

  async list(prefix: string): Promise<readonly MetricStats[]> {
    return statsOf(this.#held(), this.#evicted, prefix);
  }

  async labelValues(request: ParsedMetricLabelValues): ReturnType<MetricDriver["labelValues"]> {
    return labelValuesOf(this.#held(), request);
  }

  *#held(): Iterable<HeldSamples> {
    for (const { of, totals, first } of this.#minutes.values()) {
      yield { of, samples: totals.count, first, last: totals.lastTs };
    }
    for (const sample of this.#samples) yield { of: sample, samples: 1, first: sample.ts, last: sample.ts };
  }

  #hasSamples(metric: string): boolean {
    if (this.#evicted.has(metric)) return true;
    for (const { of } of this.#held()) if (of.metric === metric) return true;
    return false;
  }

  #refuseCounters(readings: ReadonlyMap<string, CounterReading>): void {
    let counters = this.#counters.size;
    for (const counter of readings.keys()) if (!this.#counters.has(counter)) counters++;
    if (counters <= MAX_COUNTERS) return;
    throw new StorageError({
      code: "full",
      message: `there is room for the newest readings of ${MAX_COUNTERS} counters in memory`,
      remedy: "Use fewer label values, or a backend that persists metrics.",
    });
  }

  #addMinute(builder: SeriesBuilder, { minute, of, totals }: MinuteTotals): void {
    const { query } = builder;
    const end = minute + MINUTE_MS;
    if (minute >= query.to || end <= query.from || !matchesMetricQuery(query, of)) return;
    const split =
      minute < query.from ||
      end > query.to ||
      (query.bucket !== undefined && query.bucket.startOf(minute) !== query.bucket.startOf(end - 1));
    if (split || percentileOf(query.aggregate) !== undefined) {
      throw unsupported(
        "this range is kept as totals per minute only",
        "Ask for whole minutes and no percentile, choose a later range, or use a backend that persists metrics.",
      );
    }
    builder.addTotals(minute, of, totals);
  }

  #fold(): void {
    const surplus = this.#samples.length - this.#maxSamples;
    for (const sample of this.#samples.slice(0, surplus)) {
      const minute = Math.floor(sample.ts / MINUTE_MS) * MINUTE_MS;
      const id = JSON.stringify([minute, sample.metric, sample.agentId, sample.teamId, sample.labels]);
      let entry = this.#minutes.get(id);
      if (entry === undefined) {
        entry = { minute, of: sample, first: sample.ts, totals: emptyTotals() };
        this.#minutes.set(id, entry);
      }
      entry.first = Math.min(entry.first, sample.ts);
      addSample(entry.totals, sample.ts, sample.value, this.#definitions.get(sample.metric)?.decimals);
    }
    this.#samples = this.#samples.slice(surplus);
    if (this.#minutes.size > this.#maxMinutes) this.#forget();
  }

  #forget(): void {
    const oldestFirst = [...this.#minutes].sort(([, a], [, b]) => a.minute - b.minute);
    const surplus = oldestFirst.slice(0, this.#minutes.size - Math.floor(this.#maxMinutes * 0.9));
    for (const [id, { minute, of, first, totals }] of surplus) {
      this.#minutes.delete(id);
      this.#forgottenUntil = Math.max(this.#forgottenUntil, minute + MINUTE_MS);
      const evicted = this.#evicted.get(of.metric);
      this.#evicted.set(of.metric, {
        samples: (evicted?.samples ?? 0) + totals.count,
        first: Math.min(evicted?.first ?? first, first),
        last: Math.max(evicted?.last ?? totals.lastTs, totals.lastTs),
      });
    }
    for (const metric of this.#evicted.keys()) {
      if (this.#evicted.size <= MAX_NAMES) break;
      this.#evicted.delete(metric);
    }
  }
}

function unsupported(message: string, remedy: string): StorageError {
  return new StorageError({ code: "unsupported", message, remedy });
}
