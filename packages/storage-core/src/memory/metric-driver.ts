import { StorageError } from "../errors.js";
import {
  addSample,
  emptyTotals,
  matchesMetricQuery,
  percentileOf,
  type SampleTotals,
  type SeriesBuilder,
} from "../metrics/aggregate.js";
import type { MetricDriver } from "../metrics/driver.js";
import type { SampleRow } from "../metrics/parse.js";

/** Samples kept in full; older ones are kept as totals per series and minute. */
const MAX_SAMPLES = 200_000;
/** Totals kept; beyond it the oldest minutes are forgotten, and queries that reach back to them are refused. */
const MAX_MINUTES = 200_000;
const MINUTE_MS = 60_000;

interface MinuteTotals {
  readonly minute: number;
  readonly of: Pick<SampleRow, "metric" | "agentId" | "teamId" | "labels">;
  readonly totals: SampleTotals;
}

/**
 * Metrics in the memory of this process, bounded: answers are exact or refused, never quietly incomplete.
 */
export class MemoryMetricDriver implements MetricDriver {
  readonly #maxSamples: number;
  readonly #maxMinutes: number;
  #samples: SampleRow[] = [];
  #minutes = new Map<string, MinuteTotals>();
  /** End of the newest forgotten minute, milliseconds since the epoch. */
  #forgottenUntil = Number.NEGATIVE_INFINITY;

  constructor(limits: { readonly maxSamples?: number; readonly maxMinutes?: number } = {}) {
    this.#maxSamples = limits.maxSamples ?? MAX_SAMPLES;
    this.#maxMinutes = limits.maxMinutes ?? MAX_MINUTES;
  }

  async record(samples: readonly SampleRow[]): Promise<void> {
    for (const sample of samples) this.#samples.push(sample);
    // A quarter more before folding, so that the cost of folding is spread over many records.
    if (this.#samples.length > this.#maxSamples * 1.25) this.#fold();
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
        entry = { minute, of: sample, totals: emptyTotals() };
        this.#minutes.set(id, entry);
      }
      addSample(entry.totals, sample.ts, sample.value);
    }
    this.#samples = this.#samples.slice(surplus);
    if (this.#minutes.size > this.#maxMinutes) this.#forget();
  }

  #forget(): void {
    const oldestFirst = [...this.#minutes].sort(([, a], [, b]) => a.minute - b.minute);
    const surplus = oldestFirst.slice(0, this.#minutes.size - Math.floor(this.#maxMinutes * 0.9));
    for (const [id, { minute }] of surplus) {
      this.#minutes.delete(id);
      this.#forgottenUntil = Math.max(this.#forgottenUntil, minute + MINUTE_MS);
    }
  }
}

function unsupported(message: string, remedy: string): StorageError {
  return new StorageError({ code: "unsupported", message, remedy });
}
