import assert from "node:assert/strict";
import type { MetricQuery, MetricSample, StorageBackend } from "@agent-assembly/storage-core";
import { at, MINUTE, over, T0 } from "../support.js";

/** Of a window, or a value. */
export type Result = number | null;

/** A query by minutes. @param from minutes since {@link T0}, as `to` */
export function byMinute(
  from: number,
  to: number,
  window: MetricQuery["window"],
  members: Partial<MetricQuery> = {},
): MetricQuery {
  return over(from * MINUTE, to * MINUTE, { bucket: { every: "1m" }, window, ...members });
}

/** `[bucket, value, ...results]` of every point of the only series; buckets in minutes. */
export async function results({ metrics }: StorageBackend, query: MetricQuery): Promise<Result[][]> {
  const series = await metrics.query(query);
  assert.equal(series.length, 1);
  return (series[0]?.points ?? []).map(({ ts, value, windows = [] }) => {
    assert.equal(windows.length, [query.window].flat().length);
    return [(ts.getTime() - T0) / MINUTE, value, ...windows];
  });
}

/** Samples of some minutes. */
export const values = (
  minutes: Readonly<Record<string, number>>,
  members: Partial<MetricSample> = {},
): MetricSample[] => Object.entries(minutes).map(([minute, value]) => at(Number(minute) * MINUTE, value, members));
