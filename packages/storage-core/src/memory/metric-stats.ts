import type { MetricStats } from "../metrics/driver/driver.js";
import type { ParsedMetricLabelValues } from "../metrics/driver/parse-query.js";
import type { SampleRow } from "../metrics/parse.js";
import { compareKeys } from "../support/text.js";

/** Samples of one series; times in milliseconds since the epoch. */
export interface HeldSamples {
  readonly of: Pick<SampleRow, "metric" | "agentId" | "teamId" | "labels">;
  readonly samples: number;
  readonly first: number;
  readonly last: number;
}

/** Samples of one metric that are no longer held. */
export type EvictedSamples = Omit<HeldSamples, "of">;

interface Gathered {
  samples: number;
  first: number;
  last: number;
  readonly agents: Set<string>;
  readonly teams: Set<string>;
  readonly labels: Map<string, Set<string>>;
}

/** What is known of each metric whose name starts with `prefix`. Of evicted samples the number and the times are left. */
export function statsOf(
  held: Iterable<HeldSamples>,
  evicted: ReadonlyMap<string, EvictedSamples>,
  prefix: string,
): MetricStats[] {
  const metrics = new Map<string, Gathered>();
  const of = (metric: string): Gathered => {
    let gathered = metrics.get(metric);
    if (gathered === undefined) {
      const limits = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
      gathered = { samples: 0, ...limits, agents: new Set(), teams: new Set(), labels: new Map() };
      metrics.set(metric, gathered);
    }
    return gathered;
  };
  for (const { of: series, ...samples } of held) {
    if (!series.metric.startsWith(prefix)) continue;
    const gathered = of(series.metric);
    add(gathered, samples);
    if (series.agentId !== null) gathered.agents.add(series.agentId);
    if (series.teamId !== null) gathered.teams.add(series.teamId);
    for (const label in series.labels) addTo(gathered.labels, label, series.labels[label] as string);
  }
  for (const [metric, samples] of evicted) if (metric.startsWith(prefix)) add(of(metric), samples);
  return [...metrics].map(([name, { samples, first, last, agents, teams, labels }]) => ({
    name,
    samples,
    first,
    last,
    agents: agents.size,
    teams: teams.size,
    labels: Object.fromEntries([...labels].map(([label, values]) => [label, values.size])),
    evicted: evicted.get(name)?.samples ?? 0,
  }));
}

function add(to: Gathered, { samples, first, last }: EvictedSamples): void {
  to.samples += samples;
  if (first < to.first) to.first = first;
  if (last > to.last) to.last = last;
}

function addTo(sets: Map<string, Set<string>>, name: string, value: string): void {
  const set = sets.get(name);
  if (set === undefined) sets.set(name, new Set([value]));
  else set.add(value);
}

/** The values of one dimension with the number of samples held. */
export function labelValuesOf(
  held: Iterable<HeldSamples>,
  { metric, by, limit }: ParsedMetricLabelValues,
): { readonly values: readonly (readonly [string | null, number])[]; readonly total: number } {
  const counts = new Map<string | null, number>();
  for (const { of, samples } of held) {
    if (of.metric !== metric) continue;
    const value =
      by.kind !== "label" ? of[by.kind] : Object.hasOwn(of.labels, by.label) ? (of.labels[by.label] as string) : null;
    counts.set(value, (counts.get(value) ?? 0) + samples);
  }
  const values = [...counts].sort(([a, n], [b, m]) => m - n || compareKeys([a], [b]));
  return { values: values.slice(0, limit), total: values.length };
}
