import { ROOT_CONTEXT as ROOT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { SeverityNumber } from "@opentelemetry/api-logs";
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseLogs, parseSpans } from "../../src/otlp/json/records.js";
import { readLogs } from "../../src/otlp/protobuf/logs.js";
import { readSpans } from "../../src/otlp/protobuf/spans.js";

/** Seconds and nanoseconds, as the SDK has times. */
const hrTime = fc.tuple(fc.integer({ min: 1_000_000, max: 2_000_000_000 }), fc.nat(999_999_999));
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((double) => !Number.isInteger(double)),
  fc.array(text, { maxLength: 3 }),
);
const attributes = fc.dictionary(fc.constantFrom("a", "b.c", "gen_ai.tool.name", "ö"), value);
const spans = fc.array(
  fc.record({
    name: text,
    kind: fc.constantFrom(SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER),
    start: hrTime,
    seconds: fc.nat(9_999),
    attributes,
    event: fc.option(fc.record({ name: text, attributes })),
    failed: fc.boolean(),
    within: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);
const logs = fc.array(
  fc.record({
    body: fc.oneof(value, fc.dictionary(text, value, { maxKeys: 2, noNullPrototype: true })),
    eventName: fc.option(text, { nil: undefined }),
    attributes,
    at: hrTime,
    severityNumber: fc.constantFrom<SeverityNumber>(9, 17),
  }),
  { minLength: 1, maxLength: 5 },
);
const KINDS = ["internal", "server", "client", "producer", "consumer"];

function nanosecondsOf([seconds, nanoseconds]: readonly [number, number]): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

function decodedOf(own: object): Map<string, unknown> {
  return new Map(Object.entries(own));
}

test("spans as OpenTelemetry's own serializers write them", () => {
  fc.assert(
    fc.property(spans, attributes, (list, resource) => {
      const exporter = new InMemorySpanExporter();
      const provider = new BasicTracerProvider({
        resource: resourceFromAttributes(resource),
        spanProcessors: [new SimpleSpanProcessor(exporter)],
      });
      const tracer = provider.getTracer("agent.tracer", "1.2.3", { schemaUrl: "https://example.com/schema" });
      for (const one of list) {
        const outer = tracer.startSpan("outer");
        const context = one.within ? trace.setSpan(ROOT, outer) : ROOT;
        const { name, kind, start, seconds, event } = one;
        const span = tracer.startSpan(name, { kind, startTime: start, attributes: one.attributes }, context);
        if (event !== null) span.addEvent(event.name, event.attributes, start);
        if (one.failed) span.setStatus({ code: SpanStatusCode.ERROR, message: "failed" });
        span.end([start[0] + seconds, start[1]]);
      }
      const finished = exporter.getFinishedSpans();
      const decoded = readSpans(Buffer.from(ProtobufTraceSerializer.serializeRequest(finished) ?? []));
      expect(parseSpans(Buffer.from(JsonTraceSerializer.serializeRequest(finished) ?? []))).toEqual(decoded);
      expect(decoded).toHaveLength(list.length);
      for (const [index, { name, kind, start, seconds, failed, event, within, ...one }] of list.entries()) {
        expect(decoded[index]).toMatchObject({
          name,
          kind: KINDS[kind],
          failed,
          message: failed ? "failed" : undefined,
          attributes: decodedOf(one.attributes),
          events: event === null ? [] : [{ name: event.name, attributes: decodedOf(event.attributes) }],
          start: nanosecondsOf(start),
          end: nanosecondsOf([start[0] + seconds, start[1]]),
          traceId: finished[index]?.spanContext().traceId,
          spanId: finished[index]?.spanContext().spanId,
          origin: {
            scope: { name: "agent.tracer", version: "1.2.3" },
            schemaUrl: "https://example.com/schema",
            resource: decodedOf(resource),
          },
        });
        expect(decoded[index]?.parentSpanId === undefined).toBe(!within);
      }
    }),
    { numRuns: 150 },
  );
});

test("log records as OpenTelemetry's own serializers write them", () => {
  fc.assert(
    fc.property(logs, attributes, (list, resource) => {
      const exporter = new InMemoryLogRecordExporter();
      const provider = new LoggerProvider({
        resource: resourceFromAttributes(resource),
        processors: [new SimpleLogRecordProcessor({ exporter })],
      });
      const logger = provider.getLogger("agent.logger");
      for (const { at, eventName, ...one } of list) {
        logger.emit({ ...one, ...(eventName && { eventName }), timestamp: at, observedTimestamp: at });
      }
      const finished = exporter.getFinishedLogRecords();
      const decoded = readLogs(Buffer.from(ProtobufLogsSerializer.serializeRequest(finished) ?? []));
      expect(parseLogs(Buffer.from(JsonLogsSerializer.serializeRequest(finished) ?? []))).toEqual(decoded);
      expect(decoded).toMatchObject(
        list.map(({ at, body, eventName, attributes: own }) => ({
          time: nanosecondsOf(at),
          observedTime: nanosecondsOf(at),
          body,
          eventName,
          attributes: decodedOf(own),
        })),
      );
    }),
    { numRuns: 150 },
  );
});
