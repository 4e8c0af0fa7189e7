import type { JsonValue, MetricSample } from "@agent-assembly/storage-core";
import { type OtlpAttributes, ownersIn } from "@agent-assembly/transcripts/otlp";
import type { OtlpPoint } from "./point.js";

/** Attributes that say whose a sample is: they are members of it, not labels. */
const OWNERS = new Set(["aasm.agent_id", "gen_ai.agent.id", "gen_ai.agent.name", "aasm.team_id", "team.id"]);
const NS_PER_MS = 1_000_000n;

const ADVICE = "is cumulative: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta";

/** Samples of a point, or why it has none. */
export type PointSamples = readonly MetricSample[] | { readonly problem: string };

/**
 * A gauge and a sum give one sample under the name of the metric, a histogram gives two, `NAME.sum` and `NAME.count`. A sum that
 * also falls is a level, whichever its temporality; one that only rises must come as its increases.
 * @param teamId of the sender
 */
export function samplesOf(point: OtlpPoint, teamId: string | undefined): PointSamples {
  const { metric, kind, time } = point;
  if (!point.recorded) return [];
  const problem = problemOf(point);
  if (problem !== undefined) return { problem };
  const shared = { ts: new Date(Number((time as bigint) / NS_PER_MS)), ...membersOf(point, teamId) };
  if (kind !== "histogram") return [{ ...shared, metric, value: point.value as number }];
  const count = { ...shared, metric: `${metric}.count`, value: point.count as number };
  // Of values that may be negative, a histogram has no sum.
  return point.sum === undefined ? [count] : [count, { ...shared, metric: `${metric}.sum`, value: point.sum }];
}

function problemOf({ metric, kind, temporality, monotonic, time, value, count, sum }: OtlpPoint): string | undefined {
  if (metric === "") return "has no name";
  if (time === undefined) return "has no time";
  if (kind === "summary") return "is a summary: record a histogram";
  const rises = kind === "histogram" || (kind === "sum" && monotonic);
  if (rises && temporality !== "delta") return temporality === undefined ? "names no temporality" : ADVICE;
  const numbers = kind === "histogram" ? [count, sum ?? 0] : [value];
  return numbers.every(Number.isFinite) ? undefined : "has no finite value";
}

function membersOf(
  { attributes, origin }: OtlpPoint,
  sender: string | undefined,
): Pick<MetricSample, "agentId" | "teamId" | "labels"> {
  const { agentId, teamId } = ownersIn(attributes, origin.resource, sender);
  const labels = labelsOf(attributes);
  return {
    ...(agentId === undefined ? {} : { agentId }),
    ...(teamId === undefined ? {} : { teamId }),
    ...(labels === undefined ? {} : { labels }),
  };
}

/** Attributes with one value; lists and maps are none. */
function labelsOf(attributes: OtlpAttributes): Record<string, string> | undefined {
  const labels: [string, string][] = [];
  for (const [name, value] of attributes) {
    if (!OWNERS.has(name) && isScalar(value) && value !== "") labels.push([name, String(value)]);
  }
  return labels.length === 0 ? undefined : Object.fromEntries(labels);
}

function isScalar(value: JsonValue): value is string | number | boolean {
  return value !== null && typeof value !== "object";
}
