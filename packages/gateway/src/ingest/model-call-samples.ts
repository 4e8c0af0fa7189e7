import type { JsonValue, MetricDefinition, MetricSample, NewAuditEvent } from "@agent-assembly/storage-core";
import { AUDIT_ACTIONS } from "@agent-assembly/storage-core";

/** What the samples are recorded as; the names that `aasm status` and the page know. */
export const MODEL_CALL_METRICS = [
  { name: "tokens", unit: "tokens", kind: "delta", decimals: 0 },
  { name: "cost_usd", unit: "USD", kind: "delta", decimals: 6 },
] as const satisfies readonly MetricDefinition[];

const MICRO = 1_000_000;

/**
 * Tokens and cost of a model call: `tokens` with the label `type`, which is `input` or `output`, or `total` where the event tells
 * them together, and `cost_usd`, in millionths of a dollar. Cached tokens are part of the input with some vendors and not with
 * others, so they are no samples.
 * @returns none for any other event, and for one whose payload has no such numbers
 */
export function modelCallSamples(event: NewAuditEvent): MetricSample[] {
  if (event.action !== AUDIT_ACTIONS.modelCall) return [];
  const usage = memberOf(event.payload, "usage");
  if (usage === undefined) return [];
  const model = memberOf(event.payload, "model");
  const labels = typeof model === "string" && model !== "" ? { model } : {};
  const { ts, agentId, teamId } = event;
  const sample = (metric: string, value: number, more: object = {}): MetricSample => ({
    ...{ ts, metric, value, agentId, labels: { ...labels, ...more } },
    ...(teamId !== undefined && { teamId }),
  });
  const input = amountOf(usage, "input");
  const output = amountOf(usage, "output");
  const total = input === undefined && output === undefined ? amountOf(usage, "total") : undefined;
  const cost = amountOf(usage, "costUsd");
  return [
    ...(input === undefined ? [] : [sample("tokens", Math.round(input), { type: "input" })]),
    ...(output === undefined ? [] : [sample("tokens", Math.round(output), { type: "output" })]),
    ...(total === undefined ? [] : [sample("tokens", Math.round(total), { type: "total" })]),
    ...(cost === undefined ? [] : [sample("cost_usd", Math.round(cost * MICRO) / MICRO)]),
  ];
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
    return undefined;
  }
  return (value as Readonly<Record<string, JsonValue>>)[name];
}

function amountOf(usage: JsonValue, name: string): number | undefined {
  const value = memberOf(usage, name);
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
