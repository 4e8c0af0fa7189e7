import type { JsonObject } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { RECORDINGS, recording } from "../../support/otlp.js";
import { eventsOf, formatsOf, payloadsOf, problemsOf, read } from "../../support/read.js";

const told = async (name: (typeof RECORDINGS)[number]) => {
  const items = await read(recording(name));
  return { items, events: eventsOf(items), calls: eventsOf(items).filter(({ action }) => action === "tool_call") };
};

describe("what exporters and instrumentations of npm wrote", () => {
  test.each(RECORDINGS)("%s: recognised, and nothing of it is an error", async (name) => {
    const { items } = await told(name);
    expect(formatsOf(items)).toEqual(["otlp-json"]);
    expect(items.filter((item) => "problem" in item && item.problem.severity === "error")).toEqual([]);
  });

  test("a run of an agent with the conventions of today", async () => {
    const { events, calls, items } = await told("gen-ai");
    expect(events.map(({ action, decision }) => `${action} ${decision}`)).toEqual([
      "policy_decision allow",
      "model_call observed",
      "tool_call observed",
      "tool_call error",
      "tool_call observed",
      "invoke_agent observed",
      "message observed",
      "message observed",
      "message observed",
    ]);
    const session = { agentId: "agent-7", teamId: "team-travel", sessionId: "conv-42" };
    expect(events[0]).toMatchObject({ ...session, matchedRuleId: "rule-9" });
    expect(calls).toMatchObject([
      {
        ...session,
        payload: {
          tool: "get_weather",
          toolCallId: "call_w",
          arguments: { city: "Lisbon", station: "7301946528812345677" },
          result: { celsius: 18 },
        },
      },
      { ...session, payload: { tool: "book", toolCallId: "call_b", arguments: { hotel: 1 }, error: "no room left" } },
      {
        agentId: "agent-7",
        sessionId: "mcp-1",
        payload: { tool: "search", arguments: { q: "hotel" }, result: [{ name: "A" }] },
      },
    ]);
    // The span of the third call was never made.
    const asked = problemsOf(items).filter((text) => text.includes("a model asked for a call"));
    expect(asked).toHaveLength(1);
  });

  test("OpenInference", async () => {
    const { events, calls } = await told("openinference");
    expect(calls).toMatchObject([
      { sessionId: "s-1", payload: { tool: "get_weather", result: { celsius: 18 } } },
      { sessionId: "s-1", payload: { tool: "get_time", result: "12:00" } },
    ]);
    expect(events.filter(({ action }) => action === "model_call")).toMatchObject([
      {
        payload: {
          model: "model-like-2026-01-01",
          usage: { input: 41, output: 11, total: 52 },
          toolCalls: [{ id: "call_weather_1" }, { id: "call_time_1" }],
        },
      },
      { payload: { usage: { input: 42, output: 12, total: 54 } } },
    ]);
  });

  test("OpenLLMetry", async () => {
    const { calls, events } = await told("openllmetry");
    expect(calls).toMatchObject([
      {
        agentId: "weather-agent",
        sessionId: "s-2",
        payload: { tool: "get_weather", arguments: { kwargs: { city: "Lisbon" } }, result: { celsius: 18 } },
      },
      { agentId: "weather-agent", sessionId: "s-2", payload: { tool: "get_time", result: "12:00" } },
    ]);
    expect(events.map(({ action }) => action)).toContain("invoke_workflow");
  });

  test("the AI SDK", async () => {
    const { calls, events } = await told("ai-sdk");
    expect(calls).toMatchObject([
      {
        payload: {
          tool: "get_weather",
          toolCallId: "call_weather_1",
          arguments: { city: "Lisbon" },
          result: { celsius: 18 },
        },
      },
    ]);
    expect(events.filter(({ action }) => action === "model_call")).toHaveLength(2);
  });

  test("an instrumentation of a client alone: its calls are in the messages", async () => {
    const { items, calls } = await told("openai-instrumentation");
    expect(calls).toEqual([]);
    const payloads = payloadsOf(items);
    const asked = payloads
      .flatMap(({ toolCalls }) => (toolCalls as JsonObject[] | undefined) ?? [])
      .map(({ id }) => id);
    expect(new Set(asked)).toEqual(new Set(["call_weather_1", "call_time_1"]));
    expect(payloads.filter(({ role }) => role === "tool").map(({ toolCallId }) => toolCallId)).toEqual([
      "call_weather_1",
      "call_time_1",
    ]);
    expect(problemsOf(items).filter((text) => text.includes("a model asked for a call"))).toHaveLength(2);
  });

  test("decisions of Claude Code and Codex", async () => {
    const { events } = await told("coding-agents");
    const decisions = events.filter(({ action }) => action === "policy_decision");
    expect(
      decisions.map(({ agentId, decision, payload }) => [agentId, decision, (payload as JsonObject).toolCallId]),
    ).toEqual([
      ["claude-code", "allow", "toolu_1"],
      ["claude-code", "deny", "toolu_2"],
      ["codex_cli_rs", "allow", "call_c1"],
      ["codex_cli_rs", "deny", "call_c2"],
      ["codex_cli_rs", "deny", "call_c3"],
    ]);
    expect(events.find(({ agentId }) => agentId === "codex_cli_rs")?.ts.toISOString()).toBe("2026-11-28T10:01:08.000Z");
  });
});
