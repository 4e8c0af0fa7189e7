import { describe, expect, test } from "vitest";
import { type Attributes, type SpanParts, span, traces } from "../../support/otlp.js";
import { eventsOf, payloadsOf, problemsOf, readJson } from "../../support/read.js";

async function eventOf(name: string, attributes: Attributes, more: SpanParts = {}, resource?: Attributes) {
  const items = await readJson(traces([span(name, attributes, more)], resource));
  expect(eventsOf(items)).toHaveLength(1);
  return eventsOf(items)[0];
}

const TOOL = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "pay" };

describe("model calls", () => {
  test.each<[string, Attributes]>([
    [
      "current names",
      { "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 2, "gen_ai.response.model": "m-1" },
    ],
    [
      "older names",
      { "gen_ai.usage.prompt_tokens": 7, "gen_ai.usage.completion_tokens": 2, "gen_ai.request.model": "m-1" },
    ],
    ["OpenInference", { "llm.token_count.prompt": 7, "llm.token_count.completion": 2, "llm.model_name": "m-1" }],
    ["AI SDK", { "ai.usage.promptTokens": 7, "ai.usage.completionTokens": 2, "ai.response.model": "m-1" }],
  ])("model and usage under %s", async (_, attributes) => {
    const event = await eventOf("chat", { "gen_ai.operation.name": "chat", ...attributes });
    expect(event?.payload).toMatchObject({ model: "m-1", usage: { input: 7, output: 2 } });
  });

  const part = { type: "tool_call", id: "c1", name: "pay", arguments: { eur: 3 } };
  test.each<[string, Attributes]>([
    [
      "gen_ai.output.messages as text",
      { "gen_ai.output.messages": JSON.stringify([{ role: "assistant", parts: [part] }]) },
    ],
    ["gen_ai.output.messages as a value", { "gen_ai.output.messages": [{ role: "assistant", parts: [part] }] }],
    [
      "gen_ai.completion",
      {
        "gen_ai.completion.0.tool_calls.0.id": "c1",
        "gen_ai.completion.0.tool_calls.0.name": "pay",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"eur":3}',
      },
    ],
    [
      "llm.output_messages",
      {
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "pay",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"eur":3}',
      },
    ],
    [
      "ai.response.toolCalls",
      { "ai.response.toolCalls": '[{"toolCallId":"c1","toolName":"pay","input":"{\\"eur\\":3}"}]' },
    ],
  ])("the calls that a model asked for, in %s", async (_, attributes) => {
    const items = await readJson(traces([span("chat", { "gen_ai.operation.name": "chat", ...attributes })]));
    expect(payloadsOf(items)).toMatchObject([{ toolCalls: [{ id: "c1", tool: "pay", arguments: { eur: 3 } }] }]);
    expect(problemsOf(items)).toContainEqual(
      expect.stringContaining("left_out at 1 /resourceSpans/0/scopeSpans/0/spans/0: a model asked for a call"),
    );
  });

  test("what was said is not kept, and its calls are named", async () => {
    const history = [{ role: "tool", parts: [{ type: "tool_call_response", id: "c9", response: "ok" }] }];
    const items = await readJson(
      traces([
        span("chat", {
          "gen_ai.operation.name": "chat",
          "gen_ai.input.messages": JSON.stringify(history),
          "acme.secret": "s",
        }),
      ]),
    );
    expect(JSON.stringify(payloadsOf(items))).not.toContain("c9");
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("left_out at 1 /resourceSpans/0/scopeSpans/0/spans/0: has attributes that are not kept"),
      expect.stringContaining("no_call at 1 /resourceSpans/0/scopeSpans/0/spans/0: speaks of a call"),
    ]);
  });

  test("a call within the span of a call is noted", async () => {
    const items = await readJson(
      traces([
        span(
          "tools/call pay",
          { "mcp.method.name": "tools/call" },
          { id: "aaaaaaaaaaaaaaaa", parentSpanId: "eee19b7ec3c1b174" },
        ),
        span("execute_tool pay", TOOL),
      ]),
    );
    expect(payloadsOf(items)).toHaveLength(2);
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("nested_call at 1 /resourceSpans/0/scopeSpans/0/spans/0"),
    ]);
  });
});

describe("the rest of the payload", () => {
  test("span, source and the attributes that describe it", async () => {
    const event = await eventOf(
      "execute_tool pay",
      { ...TOOL, "gen_ai.tool.type": "function", "server.address": "bank.example" },
      { kind: "SPAN_KIND_CLIENT", parentSpanId: "aaaaaaaaaaaaaaaa" },
    );
    expect(event?.payload).toEqual({
      tool: "pay",
      span: {
        name: "execute_tool pay",
        id: "eee19b7ec3c1b174",
        parent: "aaaaaaaaaaaaaaaa",
        kind: "client",
        durationMs: 2.5,
      },
      source: { service: "shop", scope: "agent.tracer" },
      attributes: { "gen_ai.tool.type": "function", "server.address": "bank.example" },
    });
  });

  test("the event id of the caller, or one from the ids of the span", async () => {
    const given = "6F9619FF-8B86-4D01-B42D-00C04FC964FF";
    expect(await eventOf("x", { ...TOOL, "aasm.event_id": given })).toMatchObject({ eventId: given.toLowerCase() });
    const [one, other, third] = await Promise.all([
      eventOf("x", TOOL),
      eventOf("renamed", { ...TOOL, "gen_ai.tool.call.id": "c" }),
      eventOf("x", TOOL, { id: "aaaaaaaaaaaaaaaa" }),
    ]);
    expect(other?.eventId).toBe(one?.eventId);
    expect(third?.eventId).not.toBe(one?.eventId);
    expect(one?.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
  });

  test("messages in a span are events of their own", async () => {
    const message = JSON.stringify({
      index: 0,
      message: { role: "assistant", tool_calls: [{ id: "c1", function: { name: "pay", arguments: "{}" } }] },
    });
    const events = [
      {
        name: "gen_ai.choice",
        timeUnixNano: "1795000000001000000",
        attributes: [{ key: "gen_ai.event.content", value: { stringValue: message } }],
      },
    ];
    const items = await readJson(traces([span("chat", { "gen_ai.operation.name": "chat" }, { events })]));
    expect(eventsOf(items)).toMatchObject([
      { action: "model_call" },
      { action: "message", payload: { role: "assistant", toolCalls: [{ id: "c1", tool: "pay", arguments: {} }] } },
    ]);
  });
});
