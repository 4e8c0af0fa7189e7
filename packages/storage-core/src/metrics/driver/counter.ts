import { exactToNumber, toExact } from "../decimal.js";
import type { MetricDefinition } from "../definition.js";
import type { SampleRow } from "../parse.js";

/** The newest reading of one counter; `ts` in milliseconds since the epoch. */
export interface CounterReading {
  readonly ts: number;
  readonly reading: number;
}

/** Identifies the counter that a sample of a cumulative metric belongs to. Equal for samples of one counter only. */
export function counterOf({ metric, agentId, teamId, labels }: SampleRow): string {
  return JSON.stringify([metric, agentId, teamId, Object.entries(labels)]);
}

/** What {@link toIncreases} makes of readings. */
export interface Increases {
  /** All samples but the late ones, those of cumulative metrics with the increase as their value. */
  readonly samples: readonly SampleRow[];
  /** Indexes of readings that are older than the newest of their counter, ascending. */
  readonly late: readonly number[];
  /** The new readings of the counters that have some, by {@link counterOf}. */
  readonly readings: ReadonlyMap<string, CounterReading>;
}

/**
 * Turns readings of counters into what they have risen since the reading before; one that is smaller counts from zero. The
 * readings of one call are taken in the order of their times, of equal times the smaller one first.
 * @param definitions by metric; samples of other kinds pass unchanged
 * @param newest the newest reading that is stored, by {@link counterOf}
 */
export function toIncreases(
  samples: readonly SampleRow[],
  definitions: ReadonlyMap<string, MetricDefinition>,
  newest: ReadonlyMap<string, CounterReading>,
): Increases {
  const increases = new Map<number, number>();
  const late: number[] = [];
  const readings = new Map<string, CounterReading>();
  const cumulative = samples
    .map((sample, index) => ({ sample, index, definition: definitions.get(sample.metric) }))
    .filter(({ definition }) => definition?.kind === "cumulative")
    .sort((a, b) => a.sample.ts - b.sample.ts || a.sample.value - b.sample.value);
  for (const { sample, index, definition } of cumulative) {
    const counter = counterOf(sample);
    const previous = readings.get(counter) ?? newest.get(counter);
    const { ts, value } = sample;
    if (previous !== undefined && (ts < previous.ts || (ts === previous.ts && value < previous.reading))) {
      late.push(index);
      continue;
    }
    increases.set(index, increase(previous?.reading, value, definition?.decimals));
    readings.set(counter, { ts, reading: value });
  }
  const lateIndexes = new Set(late);
  return {
    samples: samples.flatMap((sample, index) => {
      if (lateIndexes.has(index)) return [];
      const value = increases.get(index);
      return [value === undefined ? sample : { ...sample, value }];
    }),
    late: late.sort((a, b) => a - b),
    readings,
  };
}

function increase(previous: number | undefined, reading: number, decimals: number | undefined): number {
  if (previous === undefined || reading < previous) return reading;
  if (decimals === undefined) return reading - previous;
  const [before, now] = [toExact(previous, decimals), toExact(reading, decimals)] as [bigint, bigint];
  return exactToNumber(now - before, decimals);
}
