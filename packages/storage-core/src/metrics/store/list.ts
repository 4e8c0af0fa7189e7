import { compareText } from "../../support/text.js";
import { EVENT_LABELS } from "../answers/event-source.js";
import type { MetricInfo } from "../catalog.js";
import { definitionOf, type MetricDefinition } from "../definition.js";
import type { MetricStats } from "../driver/driver.js";
import { EVENT_METRICS } from "../event-metrics.js";

/** Every metric whose name starts with `prefix`, ordered by name. */
export function listMetrics(
  prefix: string,
  declared: readonly MetricDefinition[],
  stats: readonly MetricStats[],
): MetricInfo[] {
  const infos = new Map<string, MetricInfo>();
  for (const metric of Object.values(EVENT_METRICS)) {
    infos.set(metric.name, {
      ...definitionOf(metric),
      source: "events",
      samples: null,
      agents: null,
      teams: null,
      labels: Object.fromEntries(EVENT_LABELS.map((label) => [label, null])),
    });
  }
  for (const definition of declared) {
    infos.set(definition.name, {
      ...definitionOf(definition),
      source: "recorded",
      samples: 0,
      agents: 0,
      teams: 0,
      labels: {},
    });
  }
  for (const { name, samples, first, last, agents, teams, labels, evicted } of stats) {
    infos.set(name, {
      name,
      source: "recorded",
      ...infos.get(name),
      samples,
      first: new Date(first),
      last: new Date(last),
      agents,
      teams,
      labels: Object.fromEntries(Object.entries(labels).sort(([a], [b]) => compareText(a, b))),
      ...(evicted === 0 ? {} : { evicted }),
    });
  }
  return [...infos.values()].filter(({ name }) => name.startsWith(prefix)).sort((a, b) => compareText(a.name, b.name));
}
