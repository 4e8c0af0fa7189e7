import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Attributes = Readonly<Record<string, unknown>>;

/** The recordings in `fixtures/otlp`. */
export const RECORDINGS = [
  "gen-ai",
  "openinference",
  "openllmetry",
  "ai-sdk",
  "openai-instrumentation",
  "coding-agents",
] as const;

export function recording(name: (typeof RECORDINGS)[number]): string {
  return readFileSync(fileURLToPath(new URL(`../fixtures/otlp/${name}.jsonl`, import.meta.url)), "utf8");
}

/** An AnyValue as OTLP JSON has it. */
export function anyValue(value: unknown): unknown {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "bigint") return { intValue: String(value) };
  if (typeof value === "number") return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (value === null || value === undefined) return {};
  return { kvlistValue: { values: keyValues(value as Attributes) } };
}

export function keyValues(attributes: Attributes): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

const START = 1_795_000_000_000_000_000n;
const TRACE = "5b8efff798038103d269b633813fc60c";

export interface SpanParts {
  readonly id?: string;
  readonly [member: string]: unknown;
}

export function span(
  name: string,
  attributes: Attributes,
  { id = "eee19b7ec3c1b174", ...more }: SpanParts = {},
): object {
  return {
    traceId: TRACE,
    spanId: id,
    name,
    kind: 1,
    startTimeUnixNano: String(START),
    endTimeUnixNano: String(START + 2_500_000n),
    attributes: keyValues(attributes),
    status: {},
    ...more,
  };
}

export function traces(spans: readonly object[], resource: Attributes = { "service.name": "shop" }): object {
  const scope = { name: "agent.tracer", version: "1.0.0" };
  return { resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope, spans }] }] };
}

export function log(attributes: Attributes, more: object = {}): object {
  return {
    timeUnixNano: String(START),
    observedTimeUnixNano: String(START + 9n),
    attributes: keyValues(attributes),
    ...more,
  };
}

export function logs(records: readonly object[], resource: Attributes = { "service.name": "shop" }): object {
  const logRecords = records;
  return { resourceLogs: [{ resource: { attributes: keyValues(resource) }, scopeLogs: [{ scope: {}, logRecords }] }] };
}
