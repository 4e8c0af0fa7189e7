import type { MetricAggregate, MetricDimension, MetricQuery, MetricSample } from "@agent-assembly/storage-core";
import { parseBucket } from "@agent-assembly/storage-core/backend";
import type { PostgresProfile } from "../setup/database.js";
import type { Random } from "./random.js";

/** The other profiles are asked a part of what this one is: the SQL is the same. */
export const FIRST: PostgresProfile = "postgres";
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Monday, so that all of it is one week. */
export const START = Date.UTC(2026, 2, 23);
export const RANGE = { from: new Date(START), to: new Date(START + 3 * DAY) };
export const TOTALLED: readonly MetricAggregate[] = ["sum", "count", "avg", "min", "max", "last", "rate"];

/** Values are eighths, so that sums are exact in any order; some samples share their instant. */
export function randomSamples(random: Random, count: number, from = START, width = 3 * DAY): MetricSample[] {
  return Array.from({ length: count }, () => ({
    ts: new Date(from + random.below(width / 20_000) * 20_000),
    metric: random.below(10) === 0 ? "M" : "m",
    value: (random.below(20_001) - 10_000) / 8,
    agentId: random.maybe(["a", "b", "\u{10000}"]),
    teamId: random.maybe(["t", "NULL"]),
    labels: random.below(2) === 0 ? {} : { model: random.of(["x", '"y"', "\uE0FF"]), tier: random.of(["1", "2"]) },
  }));
}

/** What whole hours can be asked for. */
export function questions(profile: PostgresProfile): MetricQuery[] {
  const buckets = [
    undefined,
    { every: "1h" },
    { every: "6h" },
    { every: "1d" },
    { every: "1w" },
    { every: "1mo" },
    { every: "1h", timeZone: "Europe/Berlin" },
    { every: "1d", timeZone: "America/New_York" },
  ];
  const parts: Partial<MetricQuery>[] = [
    {},
    { groupBy: ["agentId"] },
    { groupBy: ["labels.model", "teamId"] },
    { agentId: ["a", "b"], labels: { model: "\uE0FF" } },
    { teamId: "t", groupBy: ["agentId", "labels.tier"] },
    { from: new Date(START + 5 * HOUR), to: new Date(START + 2 * DAY - HOUR), groupBy: ["teamId"] },
  ];
  const all = TOTALLED.flatMap((aggregate) =>
    buckets.flatMap((bucket) => parts.map((part) => ({ metric: "m", ...RANGE, aggregate, bucket, ...part }))),
  );
  // Has no divisor in common with the lengths of the lists, so that everything is still asked together with something.
  const step = profile === FIRST ? 5 : 5 * 5;
  return all.filter((_, i) => i % step === 0);
}

export function randomQuery(random: Random): MetricQuery {
  const instant = (): number => START - DAY + random.below(120 * 4) * 15 * MINUTE;
  const hour = (): number => START - DAY + random.below(120) * HOUR;
  const [a, b] = random.below(3) === 0 ? [instant(), instant()] : [hour(), hour()];
  const every = random.of(["15m", "1h", "1h", "90m", "6h", "1d", "1w", "1mo"]);
  const timeZone = random.of(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"]);
  return {
    metric: "m",
    from: new Date(Math.min(a, b)),
    to: new Date(Math.max(a, b) + HOUR),
    aggregate: random.below(10) === 0 ? "p95" : random.of(TOTALLED),
    bucket: random.below(4) === 0 ? undefined : { every, timeZone },
    groupBy: random.some<MetricDimension>(["agentId", "teamId", "labels.model", "labels.tier"]),
  };
}

/** Whether one of the hours of which there are only totals is not wholly in one bucket of the query. */
export function cannotAnswer({ from, to, bucket, aggregate }: MetricQuery, hours: ReadonlySet<number>): boolean {
  const startOf = bucket === undefined ? () => 0 : parseBucket(bucket).startOf;
  for (const hour of hours) {
    const end = hour + HOUR;
    if (end <= from.getTime() || hour >= to.getTime()) continue;
    if (aggregate === "p95" || hour < from.getTime() || end > to.getTime()) return true;
    if (startOf(hour) !== startOf(end - 1)) return true;
  }
  return false;
}
