import { describe, expect, test } from "vitest";
import { type Attributes, log, logs } from "../../support/otlp.js";
import { eventsOf, problemsOf, readJson } from "../../support/read.js";

async function logEventOf(attributes: Attributes, more: object = {}, resource?: Attributes) {
  const items = await readJson(logs([log(attributes, more)], resource));
  expect(eventsOf(items)).toHaveLength(1);
  return eventsOf(items)[0];
}

describe("log records", () => {
  test.each<[string, object, Attributes]>([
    [
      "claude tool_result",
      {
        action: "tool_call",
        decision: "allow",
        payload: { tool: "Bash", toolCallId: "t1", arguments: { c: 1 }, decisionSource: "hook" },
      },
      {
        "event.name": "tool_result",
        tool_name: "Bash",
        tool_use_id: "t1",
        tool_input: '{"c":1}',
        success: "true",
        decision_type: "accept",
        decision_source: "hook",
      },
    ],
    [
      "a failed tool",
      { action: "tool_call", decision: "error", payload: { error: "no file" } },
      { "event.name": "tool_result", tool_name: "Bash", success: "false", error: "no file" },
    ],
    [
      "accept",
      { action: "policy_decision", decision: "allow", payload: { tool: "Bash", decisionSource: "user_permanent" } },
      { "event.name": "tool_decision", tool_name: "Bash", decision: "accept", source: "user_permanent" },
    ],
    [
      "reject",
      { action: "policy_decision", decision: "deny" },
      { "event.name": "tool_decision", tool_name: "Bash", decision: "reject" },
    ],
    [
      "approved",
      { action: "policy_decision", decision: "allow" },
      { "event.name": "codex.tool_decision", tool_name: "shell", decision: "approved_for_session" },
    ],
    [
      "denied",
      { action: "policy_decision", decision: "deny" },
      { "event.name": "codex.tool_decision", tool_name: "shell", decision: "denied" },
    ],
    [
      "abort",
      { action: "policy_decision", decision: "deny" },
      { "event.name": "codex.tool_decision", tool_name: "shell", decision: "abort" },
    ],
    [
      "timed out",
      { action: "policy_decision", decision: "deny" },
      { "event.name": "codex.tool_decision", tool_name: "shell", decision: "timed_out" },
    ],
    [
      "codex tool_result",
      {
        action: "tool_call",
        decision: "observed",
        payload: { arguments: { command: ["ls"] }, result: "a.ts", toolCallId: "c1" },
      },
      {
        "event.name": "codex.tool_result",
        tool_name: "shell",
        call_id: "c1",
        arguments: '{"command":["ls"]}',
        output: "a.ts",
        success: "true",
      },
    ],
    [
      "a prompt",
      { action: "message", payload: { role: "user", content: "hi" } },
      { "event.name": "user_prompt", prompt: "hi" },
    ],
    [
      "an answer",
      { action: "message", payload: { role: "assistant", content: "hello" } },
      { "event.name": "assistant_response", response: "hello", model: "m" },
    ],
    [
      "what was decided on",
      { action: "policy_decision", decision: "deny", payload: { arguments: { full_command: "rm x" } } },
      {
        "event.name": "tool_decision",
        tool_name: "Bash",
        decision: "reject",
        tool_parameters: '{"full_command":"rm x"}',
      },
    ],
    [
      "what a stream used",
      {
        action: "model_call",
        decision: "observed",
        payload: { usage: { input: 200, output: 30, total: 230, cacheRead: 50, cacheCreation: 0 } },
      },
      {
        "event.name": "codex.sse_event",
        "event.kind": "response.completed",
        input_token_count: "200",
        output_token_count: "30",
        cached_token_count: 50,
        cache_write_token_count: 0,
        tool_token_count: "230",
      },
    ],
    [
      "a stream that failed",
      { action: "model_call", decision: "error", payload: { error: "overloaded" } },
      { "event.name": "codex.sse_event", "event.kind": "response.failed", "error.message": "overloaded" },
    ],
    [
      "a request of Codex that failed",
      { action: "model_call", decision: "error", payload: { error: "http 500" } },
      { "event.name": "codex.api_request", "http.response.status_code": 500, "error.message": "http 500" },
    ],
    [
      "a call that the policy of Codex refused",
      { action: "tool_call", decision: "deny", payload: { decisionSource: "rule", error: true } },
      {
        "event.name": "codex.tool_result",
        tool_name: "exec_command",
        success: "false",
        output: "approval policy is Never; reject command",
      },
    ],
    [
      "a request",
      { action: "model_call", payload: { model: "m", usage: { input: 3, costUsd: 0.5 } } },
      { "event.name": "api_request", model: "m", input_tokens: "3", cost_usd: "0.5" },
    ],
    [
      "a failed request",
      { action: "model_call", decision: "error", payload: { error: "overloaded" } },
      { "event.name": "api_error", model: "m", error: "overloaded" },
    ],
  ])("%s", async (_, expected, attributes) => {
    expect(await logEventOf(attributes)).toMatchObject(expected);
  });

  test("the name may be the event's or the body", async () => {
    expect(await logEventOf({ tool_name: "a" }, { eventName: "gemini_cli.tool_call" })).toMatchObject({
      action: "tool_call",
    });
    expect(await logEventOf({ tool_name: "a" }, { body: { stringValue: "claude_code.tool_result" } })).toMatchObject({
      action: "tool_call",
    });
  });

  test.each([
    ["timeUnixNano", {}, { timeUnixNano: "1795000005000000001" }, "2026-11-18T11:06:45.000Z"],
    [
      "event.timestamp",
      { "event.timestamp": "2026-11-18T07:00:00.123Z" },
      { timeUnixNano: "0" },
      "2026-11-18T07:00:00.123Z",
    ],
    ["observedTimeUnixNano", {}, { timeUnixNano: undefined }, new Date(1_795_000_000_000).toISOString()],
  ])("the time is %s", async (_, attributes, more, time) => {
    const event = await logEventOf({ "event.name": "tool_result", tool_name: "a", ...attributes }, more);
    expect(event?.ts.toISOString()).toBe(time);
  });

  test("messages of models, as events of the conventions", async () => {
    const body = {
      kvlistValue: {
        values: [
          { key: "id", value: { stringValue: "c1" } },
          { key: "content", value: { stringValue: "ok" } },
        ],
      },
    };
    expect(await logEventOf({}, { eventName: "gen_ai.tool.message", body })).toMatchObject({
      action: "message",
      payload: { role: "tool", toolCallId: "c1", content: { id: "c1", content: "ok" } },
    });
  });

  test("parts of a stream are left out", async () => {
    const items = await readJson(logs([log({ "event.name": "codex.sse_event", "event.kind": "response.created" })]));
    expect(problemsOf(items)[0]).toContain("left_out at 1 /resourceLogs/0/scopeLogs/0/logRecords/0");
  });

  test("records of other kinds are left out, and one that speaks of a tool is an error", async () => {
    const items = await readJson(
      logs([log({}, { body: { stringValue: "started" } }), log({ "event.name": "acme.tool_started" })]),
    );
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("left_out at 1 /resourceLogs/0/scopeLogs/0/logRecords/0"),
      expect.stringContaining("not_read at 1 /resourceLogs/0/scopeLogs/0/logRecords/1"),
    ]);
  });
});
