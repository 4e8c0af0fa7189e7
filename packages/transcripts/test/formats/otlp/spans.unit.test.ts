import { describe, expect, test } from "vitest";
import { type Attributes, type SpanParts, span, traces } from "../../support/otlp.js";
import { eventsOf, payloadsOf, problemsOf, readJson } from "../../support/read.js";

async function eventOf(name: string, attributes: Attributes, more: SpanParts = {}, resource?: Attributes) {
  const items = await readJson(traces([span(name, attributes, more)], resource));
  expect(eventsOf(items)).toHaveLength(1);
  return eventsOf(items)[0];
}

const TOOL = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "pay" };

describe("the action of a span", () => {
  test.each<[string, string, Attributes]>([
    ["tool_call", "execute_tool pay", TOOL],
    ["tool_call", "running tool", { "gen_ai.tool.name": "pay" }],
    ["tool_call", "tools/call pay", { "mcp.method.name": "tools/call" }],
    ["tool_call", "pay", { "openinference.span.kind": "TOOL" }],
    ["tool_call", "pay.tool", { "traceloop.span.kind": "tool" }],
    ["tool_call", "ai.toolCall", { "ai.operationId": "ai.toolCall", "ai.toolCall.name": "pay" }],
    ["tool_call", "claude_code.tool", { tool_name: "pay" }],
    ["model_call", "chat m", { "gen_ai.operation.name": "chat" }],
    ["model_call", "generate_content m", { "gen_ai.operation.name": "generate_content" }],
    ["model_call", "text_completion m", { "gen_ai.operation.name": "text_completion" }],
    ["model_call", "embeddings m", { "gen_ai.operation.name": "embeddings" }],
    ["model_call", "request", { "gen_ai.request.model": "m" }],
    ["model_call", "openai.chat", { "llm.request.type": "chat" }],
    ["model_call", "ChatCompletion", { "openinference.span.kind": "LLM" }],
    ["model_call", "Embedding", { "openinference.span.kind": "EMBEDDING" }],
    ["model_call", "ai.streamText.doStream", { "ai.operationId": "ai.streamText.doStream" }],
    ["policy_decision", "run_guardrail pii", { "gen_ai.operation.name": "run_guardrail" }],
    ["policy_decision", "apply_guardrail pii", { "gen_ai.operation.name": "apply_guardrail" }],
    ["policy_decision", "claude_code.tool.blocked_on_user", { decision: "asked" }],
    ["policy_decision", "pii", { "openinference.span.kind": "GUARDRAIL" }],
    ["agent_lifecycle", "create_agent a", { "gen_ai.operation.name": "create_agent" }],
    ["invoke_agent", "invoke_agent a", { "gen_ai.operation.name": "invoke_agent" }],
    ["invoke_agent", "a", { "openinference.span.kind": "AGENT" }],
    ["invoke_agent", "a.agent", { "traceloop.span.kind": "agent" }],
    ["invoke_workflow", "w.workflow", { "traceloop.span.kind": "workflow" }],
    ["retrieval", "search", { "openinference.span.kind": "RETRIEVER" }],
    ["rerank", "cohere.rerank", { "llm.request.type": "rerank" }],
    ["a_new_operation", "x", { "gen_ai.operation.name": "a_new_operation" }],
    ["resources/read", "resources/read", { "mcp.method.name": "resources/read", "mcp.resource.uri": "file:///a" }],
  ])("%s of %s", async (action, name, attributes) => {
    expect(await eventOf(name, attributes)).toMatchObject({ action, decision: "observed", agentId: "shop" });
  });

  test.each<[string, Attributes]>([
    ["GET", { "http.request.method": "GET" }],
    ["SELECT", { "db.system.name": "postgresql" }],
    ["step", { "openinference.span.kind": "CHAIN" }],
    ["step.task", { "traceloop.span.kind": "task" }],
    ["tools/list", { "mcp.method.name": "tools/list" }],
    ["ai.generateText", { "ai.operationId": "ai.generateText" }],
    ["claude_code.interaction", {}],
    ["claude_code.tool.execution", { tool_use_id: "t1", "gen_ai.tool.call.id": "t1" }],
    ["claude_code.tool.blocked_on_user", { decision: "unknown", source: "unknown" }],
    ["chat (pending)", { "gen_ai.operation.name": "chat", "logfire.span_type": "pending_span" }],
  ])("%s is no event, which is said", async (name, attributes) => {
    const items = await readJson(
      traces([span(name, attributes), span("execute_tool pay", TOOL, { id: "aaaaaaaaaaaaaaaa" })]),
    );
    expect(payloadsOf(items)).toMatchObject([{ tool: "pay" }]);
    expect(problemsOf(items)).toEqual([expect.stringContaining("left_out at 1 /resourceSpans/0/scopeSpans/0/spans/0")]);
  });

  test("a span of a tool of an unknown convention is an error", async () => {
    const items = await readJson(traces([span("x", { "acme.tool.name": "pay" })]));
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("not_read at 1 /resourceSpans/0/scopeSpans/0/spans/0: has attributes of a tool"),
    ]);
  });
});

describe("what another span of the request tells of a call", () => {
  const id = "aaaaaaaaaaaaaaaa";
  test.each<[string, object, object]>([
    [
      "not allowed",
      { decision: "deny", payload: { tool: "Bash" } },
      span("claude_code.tool.blocked_on_user", { decision: "reject" }, { parentSpanId: id }),
    ],
    [
      "failed",
      { decision: "error", payload: { tool: "Bash", error: "no file" } },
      span("claude_code.tool.execution", {}, { parentSpanId: id, status: { code: 2, message: "no file" } }),
    ],
    ["allowed", { decision: "observed" }, span("claude_code.tool.execution", {}, { parentSpanId: id })],
  ])("%s", async (_, expected, inner) => {
    const items = await readJson(traces([inner, span("claude_code.tool", { tool_name: "Bash" }, { id })]));
    expect(eventsOf(items).filter(({ action }) => action === "tool_call")).toMatchObject([expected]);
  });
});

describe("tool, arguments, result and id of the call", () => {
  const whole = { tool: "pay", arguments: { eur: 3 }, result: { ok: true } };
  test.each<[string, Attributes, object]>([
    [
      "execute_tool pay",
      {
        ...TOOL,
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.call.arguments": '{"eur":3}',
        "gen_ai.tool.call.result": '{"ok":true}',
      },
      { ...whole, toolCallId: "c1" },
    ],
    [
      "execute_tool pay",
      { ...TOOL, "gen_ai.tool.call.arguments": { eur: 3 }, "gen_ai.tool.call.result": { ok: true } },
      whole,
    ],
    ["running tool", { "gen_ai.tool.name": "pay", tool_arguments: '{"eur":3}', tool_response: '{"ok":true}' }, whole],
    [
      "tools/call pay",
      { "mcp.method.name": "tools/call", "mcp.request.argument": '{"eur":3}', "mcp.response.value": '{"ok":true}' },
      whole,
    ],
    [
      "x",
      {
        "openinference.span.kind": "TOOL",
        "tool.name": "pay",
        "tool.id": "c1",
        "input.value": '{"eur":3}',
        "output.value": '{"ok":true}',
      },
      { ...whole, toolCallId: "c1" },
    ],
    [
      "x.tool",
      {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "pay",
        "traceloop.entity.input": '{"eur":3}',
        "traceloop.entity.output": '"{\\"ok\\":true}"',
      },
      whole,
    ],
    [
      "ai.toolCall",
      {
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": "pay",
        "ai.toolCall.id": "c1",
        "ai.toolCall.args": '{"eur":3}',
        "ai.toolCall.result": '{"ok":true}',
      },
      { ...whole, toolCallId: "c1" },
    ],
  ])("%s", async (name, attributes, payload) => {
    expect(await eventOf(name, attributes)).toMatchObject({ action: "tool_call", payload });
  });

  test("text stays text, and what was not recorded is absent", async () => {
    const text = await eventOf("x", {
      ...TOOL,
      "gen_ai.tool.call.arguments": "3 EUR",
      "gen_ai.tool.call.result": "done",
    });
    expect(text?.payload).toMatchObject({ arguments: "3 EUR", result: "done" });
    const none = await eventOf("x", TOOL);
    expect(none?.payload).not.toHaveProperty("arguments");
    expect(none?.payload).not.toHaveProperty("result");
  });

  test("a call without the name of a tool is an error", async () => {
    const items = await readJson(traces([span("execute_tool", { "gen_ai.operation.name": "execute_tool" })]));
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("not_read at 1 /resourceSpans/0/scopeSpans/0/spans/0: is a call whose tool"),
    ]);
  });
});

describe("who and where", () => {
  test.each<[string, Attributes, Attributes]>([
    ["a1", { "aasm.agent_id": "a1", "gen_ai.agent.id": "a2" }, { "service.name": "s" }],
    ["a2", { "gen_ai.agent.id": "a2", "gen_ai.agent.name": "a3" }, { "service.name": "s" }],
    ["a3", { "gen_ai.agent.name": "a3" }, { "agent.name": "a4", "service.name": "s" }],
    ["a4", {}, { "agent.name": "a4", "service.name": "s" }],
    ["s", {}, { "service.name": "s" }],
  ])("the agent is %s", async (agentId, attributes, resource) => {
    expect(await eventOf("x", { ...TOOL, ...attributes }, {}, resource)).toMatchObject({ agentId });
  });

  test.each<[string, Attributes]>([
    ["execute_tool", { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "booker" }],
    ["OpenInference", { "openinference.span.kind": "AGENT", "agent.name": "booker" }],
    ["OpenLLMetry", { "traceloop.span.kind": "agent", "traceloop.entity.name": "booker" }],
  ])("a span around it names the agent (%s), whatever comes first", async (_, attributes) => {
    const agent = span("agent", attributes, { id: "aaaaaaaaaaaaaaaa" });
    const step = span("step", {}, { id: "bbbbbbbbbbbbbbbb", parentSpanId: "aaaaaaaaaaaaaaaa" });
    const tool = span("execute_tool pay", TOOL, { parentSpanId: "bbbbbbbbbbbbbbbb" });
    for (const spans of [
      [agent, step, tool],
      [tool, step, agent],
    ]) {
      const calls = eventsOf(await readJson(traces(spans))).filter(({ action }) => action === "tool_call");
      expect(calls).toMatchObject([{ agentId: "booker" }]);
    }
  });

  test("spans that are each other's parents name nobody", async () => {
    const one = span("execute_tool pay", TOOL, { parentSpanId: "bbbbbbbbbbbbbbbb" });
    const other = span("step", {}, { id: "bbbbbbbbbbbbbbbb", parentSpanId: "eee19b7ec3c1b174" });
    expect(eventsOf(await readJson(traces([one, other])))).toMatchObject([{ agentId: "shop" }]);
  });

  test("nobody: an error, unless the reader is told", async () => {
    const source = traces([span("x", TOOL)], {});
    expect(problemsOf(await readJson(source))).toEqual([expect.stringContaining("names no agent")]);
    expect(eventsOf(await readJson(source, { agentId: "mine" }))).toMatchObject([{ agentId: "mine" }]);
  });

  test("team, organisation and trace", async () => {
    const event = await eventOf(
      "x",
      { ...TOOL, "organization.id": "o1" },
      {},
      { "service.name": "s", "team.id": "t1" },
    );
    expect(event).toMatchObject({ teamId: "t1", orgId: "o1", traceId: "5b8efff798038103d269b633813fc60c" });
    expect(await eventOf("x", { ...TOOL, "aasm.team_id": "t2", "team.id": "t1" })).toMatchObject({ teamId: "t2" });
  });

  const sessions = [
    "gen_ai.conversation.id",
    "session.id",
    "conversation.id",
    "mcp.session.id",
    "traceloop.association.properties.session_id",
    "langfuse.session.id",
  ];
  test.each(sessions.map((name, index) => [name, sessions.slice(index)] as const))(
    "the session is %s",
    async (first, names) => {
      const attributes = Object.fromEntries(names.map((name) => [name, `of ${name}`]));
      expect(await eventOf("x", { ...TOOL, ...attributes })).toMatchObject({ sessionId: `of ${first}` });
    },
  );

  test("no session: none is invented", async () => {
    expect(await eventOf("x", TOOL)).not.toHaveProperty("sessionId");
  });
});

describe("the decision", () => {
  const guardrail = { "gen_ai.operation.name": "run_guardrail" };
  test.each<[string, string, Attributes, SpanParts]>([
    ["observed", "only reported", TOOL, {}],
    ["error", "a failed status", TOOL, { status: { code: 2, message: "no money" } }],
    ["error", "its name", TOOL, { status: { code: "STATUS_CODE_ERROR" } }],
    ["error", "an error.type", { ...TOOL, "error.type": "timeout" }, {}],
    ["escalate", "aasm.decision", { ...TOOL, "aasm.decision": "escalate", "error.type": "x" }, {}],
    ["allow", "an action of a guardrail", { ...guardrail, "gen_ai.guardrail.action.type": "allow" }, {}],
    ["deny", "block", { ...guardrail, "gen_ai.guardrail.action.type": "block" }, {}],
    [
      "allow",
      "what was done, not what was found",
      { ...guardrail, "gen_ai.guardrail.action.type": "allow", "gen_ai.guardrail.verdict.type": "deny" },
      {},
    ],
    ["deny", "a verdict alone", { ...guardrail, "gen_ai.guardrail.verdict.type": "deny" }, {}],
    [
      "observed",
      "an action that is neither",
      { ...guardrail, "gen_ai.guardrail.action.type": "modify", "gen_ai.guardrail.verdict.type": "deny" },
      {},
    ],
  ])("%s: %s", async (decision, _, attributes, more) => {
    expect(await eventOf("x", attributes, more)).toMatchObject({ decision });
  });

  test("what is only reported gets the decision that was asked for, errors do not", async () => {
    const source = traces([span("x", TOOL), span("y", { ...TOOL, "error.type": "t" }, { id: "aaaaaaaaaaaaaaaa" })]);
    const decisions = eventsOf(await readJson(source, { decision: "allow" })).map(({ decision }) => decision);
    expect(decisions).toEqual(["allow", "error"]);
  });

  test.each<[unknown, Attributes, SpanParts]>([
    ["no money", { ...TOOL, "error.type": "t" }, { status: { code: 2, message: "no money" } }],
    [
      "boom",
      TOOL,
      {
        status: { code: 2 },
        events: [{ name: "exception", attributes: [{ key: "exception.message", value: { stringValue: "boom" } }] }],
      },
    ],
    ["t", { ...TOOL, "error.type": "t" }, {}],
    [true, TOOL, { status: { code: 2 } }],
  ])("the error is %s", async (error, attributes, more) => {
    expect((await eventOf("x", attributes, more))?.payload).toMatchObject({ error });
  });

  test("rule, dry run and shadow decision", async () => {
    const attributes = { ...TOOL, "aasm.rule_id": "r1", "aasm.dry_run": true, "aasm.shadow_decision": "deny" };
    expect(await eventOf("x", attributes)).toMatchObject({ matchedRuleId: "r1", dryRun: true, shadowDecision: "deny" });
    const policy = { ...guardrail, "gen_ai.guardrail.policy.id": "p1" };
    expect(await eventOf("x", policy)).toMatchObject({ matchedRuleId: "p1" });
  });
});
