import { createHash } from "node:crypto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

/**
 * A span for each call, with the names that OpenTelemetry has for tools.
 *
 * The ids of a span follow from the id of its call, and its times are those of the call: the gateway knows an event by
 * them, so a span that is sent again is not stored again.
 * @param {readonly import("./journal.js").ToolCall[]} calls
 * @param {string} agent
 */
export function spansOf(calls, agent) {
  let digest = "";
  const finished = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": agent }),
    spanProcessors: [new SimpleSpanProcessor(finished)],
    idGenerator: { generateTraceId: () => digest.slice(0, 32), generateSpanId: () => digest.slice(32, 48) },
  });
  const tracer = provider.getTracer("otel-tool-call");
  for (const call of calls) {
    digest = createHash("sha256").update(call.id).digest("hex");
    const span = tracer.startSpan(`execute_tool ${call.tool}`, {
      startTime: call.startedAt,
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": call.tool,
        "gen_ai.tool.call.id": call.id,
        "gen_ai.tool.call.arguments": JSON.stringify(call.arguments),
        "gen_ai.tool.call.result": JSON.stringify(call.result),
      },
    });
    span.end(call.endedAt);
  }
  return finished.getFinishedSpans();
}
