import assert from "node:assert/strict";
import type { MetricQuery, MetricSample, MetricSeries, StorageBackend } from "@agent-assembly/storage-core";

/** Midnight UTC, ten days before the events of the fixtures. Values without decimals are sums of powers of two: exact in any order. */
export const T0 = Date.UTC(2026, 2, 10);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A sample of the metric `m`. @param offset milliseconds since {@link T0} */
export function at(offset: number, value: number, members: Partial<MetricSample> = {}): MetricSample {
  return { ts: new Date(T0 + offset), metric: "m", value, ...members };
}

/** A query of the metric `m`, by default for the sum. @param from milliseconds since {@link T0}, as `to` */
export function over(from: number, to: number, members: Partial<MetricQuery> = {}): MetricQuery {
  return { metric: "m", from: new Date(T0 + from), to: new Date(T0 + to), aggregate: "sum", ...members };
}

/** Records samples, all of which must be good. */
export async function recorded(backend: StorageBackend, samples: readonly MetricSample[]): Promise<void> {
  assert.deepEqual(await backend.metrics.record(samples), { recorded: samples.length, rejected: [] });
}

/** `[offset, value]` of every point, of the only series. */
export function points(series: readonly MetricSeries[]): [number, number | null][] {
  assert.equal(series.length, 1);
  return (series[0]?.points ?? []).map(({ ts, value }) => [ts.getTime() - T0, value]);
}

/** `key` and the value of the only point of each series. */
export function totals(
  series: readonly MetricSeries[],
): [Readonly<Record<string, string | null>>, number | null | undefined][] {
  return series.map(({ key, points: [point] }) => [key, point?.value]);
}

/** Value and exact text of the only point of the only series. */
export async function amount(
  backend: StorageBackend,
  query: MetricQuery,
): Promise<readonly [value: number | null | undefined, exact: string | undefined]> {
  const series = await backend.metrics.query(query);
  assert.equal(series.length, 1);
  assert.equal(series[0]?.points.length, 1);
  return [series[0]?.points[0]?.value, series[0]?.points[0]?.exact];
}

/** Asserts that a value is the expected one, but for the last digits of a double. */
export function assertClose(actual: number | null | undefined, expected: number, what: string): void {
  const tolerance = Math.max(Math.abs(expected), 1) * 1e-12;
  assert.ok(typeof actual === "number" && Math.abs(actual - expected) <= tolerance, `${what}: ${actual}`);
}

/** A sample of each of so many agents. */
export function ofAgents(count: number): MetricSample[] {
  return Array.from({ length: count }, (_, n) => at(n, 1, { agentId: `a${n}` }));
}
