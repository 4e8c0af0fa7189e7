import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { schemaOf } from "./otlp-schema.js";

type Attributes = Readonly<Record<string, unknown>>;

/** Media types and encodings of requests. */
export const PROTOBUF = { "content-type": "application/x-protobuf" } as const;
export const JSON_TYPE = { "content-type": "application/json" } as const;

/** A request of OTLP in protobuf. @param name of the message, such as `ExportTraceServiceRequest` */
export function toProtobuf(name: string, init: object): Buffer<ArrayBuffer> {
  const schema = schemaOf(name);
  return Buffer.from(toBinary(schema, create(schema, init as never)));
}

/** What an answer in protobuf says. @param name of the message: `ExportResponse` or `RpcStatus` */
export async function fromProtobuf(name: string, response: Response): Promise<Record<string, unknown>> {
  return fromBinary(schemaOf(name), new Uint8Array(await response.arrayBuffer())) as unknown as Record<string, unknown>;
}

/** The calls of a tool that most tests send: `execute_tool` of `pay`. */
export const TOOL_CALL = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "pay" } as const;

function anyValue(value: unknown): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: keyValues(value as Attributes) } };
}

export function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

let lastId = 0;

/** A span in OTLP JSON that began a second ago; each has an id of its own. */
export function span(attributes: Attributes, more: object = {}): object {
  const start = BigInt(Date.now() - 1000) * 1_000_000n;
  lastId++;
  return {
    traceId: "5b8efff798038103d269b633813fc60c",
    spanId: lastId.toString(16).padStart(16, "0"),
    name: "execute_tool pay",
    kind: 1,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 2_500_000n),
    attributes: keyValues(attributes),
    ...more,
  };
}

/** An `ExportTraceServiceRequest` in OTLP JSON. */
export function traces(spans: readonly object[], resource: Attributes = { "service.name": "shop" }): string {
  const scopeSpans = [{ scope: { name: "agent.tracer" }, spans }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans }] });
}

/** An `ExportMetricsServiceRequest` in OTLP JSON. */
export function metrics(list: readonly object[], resource: Attributes = { "service.name": "shop" }): string {
  const scopeMetrics = [{ scope: {}, metrics: list }];
  return JSON.stringify({ resourceMetrics: [{ resource: { attributes: keyValues(resource) }, scopeMetrics }] });
}

/** The time of now in nanoseconds, as OTLP JSON has it. */
export function nowNano(): string {
  return String(BigInt(Date.now()) * 1_000_000n);
}
