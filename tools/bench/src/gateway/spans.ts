import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { JsonValue, NewAuditEvent } from "@agent-assembly/storage-core";
import { decodeRequest, mapRecords } from "@agent-assembly/transcripts/otlp";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";

type Span = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];
type Resource = Span["resource"];

/** Spans of one request, as exporters batch them. */
export const SPANS = 512;
/** Calls of one run of an agent. */
const SPANS_OF_TRACE = 16;
const TOOLS = ["search", "read_file", "send_email", "query_database", "http_get"];

const RESOURCE = {
  attributes: { "service.name": "bench-agent" },
  getRawAttributes: () => [["service.name", "bench-agent"]],
} as unknown as Resource;

/**
 * Requests of an exporter with protobuf and gzip: each has 512 spans of tool calls, with arguments and result as large as those of the
 * events that the other rows append. No span is in two of them.
 * @param startMs of the first span; one each millisecond
 */
export function traceRequests(count: number, startMs: number): Uint8Array<ArrayBuffer>[] {
  return spansOf(count, startMs).map((spans) => {
    const body = ProtobufTraceSerializer.serializeRequest(spans);
    if (body === undefined) throw new Error("the spans could not be written");
    return new Uint8Array(gzipSync(body));
  });
}

/**
 * The events that a gateway makes of as many other such requests, a list for each: larger than those of the other rows, since a span
 * has ids, a source and a duration besides.
 * @param startMs of the first span; one each millisecond
 */
export function eventsOfRequests(count: number, startMs: number): NewAuditEvent[][] {
  return spansOf(count, startMs).map((spans) => {
    const request = JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest(spans) ?? []).toString()) as JsonValue;
    const records = [...decodeRequest(request)].flatMap((found) => ("record" in found ? [found.record] : []));
    const mapped = [...mapRecords(records, { answers: false, assumedTime: undefined })];
    return mapped.flatMap(({ events }) => events.map(({ event }) => event));
  });
}

function spansOf(count: number, startMs: number): Span[][] {
  return Array.from({ length: count }, (_, request) => {
    let traceId = "";
    return Array.from({ length: SPANS }, (_, n) => {
      if (n % SPANS_OF_TRACE === 0) traceId = randomBytes(16).toString("hex");
      return span(request * SPANS + n, startMs, traceId);
    });
  });
}

function span(n: number, startMs: number, traceId: string): Span {
  const at = startMs + n;
  const spanId = randomBytes(8).toString("hex");
  const time = (ms: number): [number, number] => [Math.floor(ms / 1000), (ms % 1000) * 1e6];
  const query = { query: `find order ${n}`, limit: 20, tags: ["a", "b", "c"], note: "x".repeat(150) };
  return {
    name: "execute_tool",
    kind: 0,
    spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
    startTime: time(at),
    endTime: time(at + 5),
    duration: [0, 5e6],
    status: { code: 0 },
    attributes: {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": TOOLS[n % TOOLS.length] as string,
      "gen_ai.tool.call.id": `call-${n}`,
      "gen_ai.tool.call.arguments": JSON.stringify(query),
      "gen_ai.tool.call.result": JSON.stringify({ status: "ok", rows: n % 100, text: "y".repeat(180) }),
      "gen_ai.agent.name": `agent-${n % 50}`,
      "gen_ai.conversation.id": `session-${n >> 6}`,
    },
    links: [],
    events: [],
    ended: true,
    resource: RESOURCE,
    instrumentationScope: { name: "bench" },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
