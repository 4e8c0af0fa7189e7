import type { MetricDimension } from "@agent-assembly/storage-core";
import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPLogExporter as JsonLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { describe, expect, test } from "vitest";
import { listen, openOtlp, openSqlite } from "../support/otlp-server.js";

const resource = resourceFromAttributes({ "service.name": "shop", "team.id": "checkout" });
type Compression = NonNullable<NonNullable<ConstructorParameters<typeof JsonTraceExporter>[0]>["compression"]>;
const [NONE, GZIP] = ["none", "gzip"] as unknown as [Compression, Compression];

describe("the exporters of OpenTelemetry's JavaScript SDK", () => {
  test.each([
    ["protobuf", ProtobufTraceExporter, NONE],
    ["protobuf, gzip", ProtobufTraceExporter, GZIP],
    ["JSON", JsonTraceExporter, NONE],
    ["JSON, gzip", JsonTraceExporter, GZIP],
  ] as const)("spans in %s: each is stored once the exporter was answered", async (_, Exporter, compression) => {
    const otlp = await openOtlp({ storage: await openSqlite() });
    const url = `${await listen(otlp)}/v1/traces`;
    const exporter = new Exporter({ url, compression });
    const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
    const tracer = provider.getTracer("agent.tracer");

    const began = Date.now() - 10;
    const agent = tracer.startSpan("invoke_agent booker", {
      startTime: began,
      attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "booker" },
    });
    const within = trace.setSpan(context.active(), agent);
    tracer.startSpan("GET", { attributes: { "http.request.method": "GET" } }, within).end();
    const attributes = {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "book",
      "gen_ai.tool.call.id": "call_1",
      "gen_ai.tool.call.arguments": '{"hotel":"Sol","nights":2}',
      "gen_ai.conversation.id": "conv-1",
    };
    const failed = tracer.startSpan("execute_tool book", { attributes, startTime: began + 5 }, within);
    failed.setStatus({ code: SpanStatusCode.ERROR, message: "no room left" });
    failed.end();
    agent.end();
    await provider.forceFlush();

    const events = await otlp.events();
    expect(events).toHaveLength(2);
    expect(events).toMatchObject([
      { action: "invoke_agent", decision: "observed", agentId: "booker", teamId: "checkout" },
      {
        action: "tool_call",
        decision: "error",
        agentId: "booker",
        sessionId: "conv-1",
        traceId: failed.spanContext().traceId,
        payload: {
          tool: "book",
          toolCallId: "call_1",
          arguments: { hotel: "Sol", nights: 2 },
          error: "no room left",
          span: { name: "execute_tool book", id: failed.spanContext().spanId, parent: agent.spanContext().spanId },
          source: { service: "shop", scope: "agent.tracer" },
        },
      },
    ]);
    expect(await otlp.counters()).toContain('aasm_otlp_ignored_total{reason="unrelated"} 1');
    await provider.shutdown();
  });

  test.each([
    ["protobuf", ProtobufLogExporter],
    ["JSON", JsonLogExporter],
  ] as const)("log records in %s", async (_, Exporter) => {
    const otlp = await openOtlp({ storage: await openSqlite() });
    const exporter = new Exporter({ url: `${await listen(otlp)}/v1/logs`, compression: GZIP });
    const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
    const logger = provider.getLogger("com.anthropic.claude_code.events");
    logger.emit({
      body: "claude_code.tool_decision",
      attributes: { tool_name: "Bash", decision: "reject", source: "user_reject", "session.id": "s-1" },
    });
    logger.emit({ body: "started", attributes: {} });
    await provider.forceFlush();

    expect(await otlp.events()).toMatchObject([
      {
        action: "policy_decision",
        decision: "deny",
        agentId: "shop",
        sessionId: "s-1",
        payload: { tool: "Bash", decisionSource: "user_reject" },
      },
    ]);
    await provider.shutdown();
  });

  test("metrics: delta sums, gauges and histograms become samples", async () => {
    const otlp = await openOtlp({ storage: await openSqlite() });
    const exporter = new OTLPMetricExporter({
      url: `${await listen(otlp)}/v1/metrics`,
      temporalityPreference: AggregationTemporality.DELTA,
      compression: GZIP,
    });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meter = new MeterProvider({ resource, readers: [reader] });
    const own = meter.getMeter("agent.meter");
    const began = new Date(Date.now() - 1000);
    own.createCounter("claude_code.cost.usage").add(0.25, { model: "m-1" });
    own.createGauge("queue.length").record(7);
    own.createUpDownCounter("active").add(3);
    const tokens = own.createHistogram("gen_ai.client.token.usage");
    for (const count of [40, 2]) tokens.record(count, { "gen_ai.token.type": "input", "gen_ai.agent.name": "booker" });
    await meter.forceFlush();

    const range = { from: began, to: new Date(Date.now() + 1000) };
    const sumOf = async (metric: string, groupBy: MetricDimension[] = []) => {
      const series = await otlp.storage.metrics.query({ metric, ...range, aggregate: "sum", groupBy });
      return series.map(({ key, points }) => [key, points.map(({ value }) => value)]);
    };
    expect(await sumOf("claude_code.cost.usage", ["agentId", "teamId", "labels.model"])).toEqual([
      [{ agentId: "shop", teamId: "checkout", "labels.model": "m-1" }, [0.25]],
    ]);
    expect(await sumOf("queue.length")).toEqual([[{}, [7]]]);
    expect(await sumOf("active")).toEqual([[{}, [3]]]);
    expect(await sumOf("gen_ai.client.token.usage.sum", ["agentId", "labels.gen_ai.token.type"])).toEqual([
      [{ agentId: "booker", "labels.gen_ai.token.type": "input" }, [42]],
    ]);
    expect(await sumOf("gen_ai.client.token.usage.count")).toEqual([[{}, [2]]]);
    await meter.shutdown();
  });
});
