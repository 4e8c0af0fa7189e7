import type { JsonObject } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { eventsOf, formatsOf, payloadsOf, problemsOf, readJson, storeAll } from "../support/read.js";
import { call, output, response, user } from "../support/responses.js";

describe("every kind of item", () => {
  test.each<[string, JsonObject[], JsonObject]>([
    [
      "function_call of a namespace, by a program",
      [
        { ...call("a1", "f", '{"x":1}'), namespace: "crm", caller: { type: "program", caller_id: "call_p" } },
        output("a1", "ok"),
      ],
      { tool: "f", arguments: { x: 1 }, toolCallId: "a1", namespace: "crm", caller: "call_p", result: "ok" },
    ],
    [
      "custom_tool_call",
      [
        { type: "custom_tool_call", call_id: "a1", name: "sql", input: "select 1" },
        { type: "custom_tool_call_output", call_id: "a1", output: [{ type: "input_text", text: "1" }] },
      ],
      { tool: "sql", arguments: "select 1", toolCallId: "a1", result: "1" },
    ],
    [
      "mcp_call",
      [{ type: "mcp_call", id: "mcp_1", name: "f", server_label: "s", arguments: "", output: "ok", error: null }],
      { tool: "f", arguments: {}, toolCallId: "mcp_1", server: "s", result: "ok" },
    ],
    [
      "mcp_call that failed",
      [{ type: "mcp_call", id: "mcp_1", name: "f", server_label: "s", arguments: "{}", output: null, error: "gone" }],
      { tool: "f", arguments: {}, toolCallId: "mcp_1", server: "s", result: null, error: "gone" },
    ],
    [
      "computer_call",
      [
        {
          type: "computer_call",
          id: "cu_1",
          call_id: "a1",
          actions: [{ type: "wait" }],
          pending_safety_checks: [{ id: "c1" }],
        },
        { type: "computer_call_output", call_id: "a1", status: "failed", output: { type: "computer_screenshot" } },
      ],
      {
        tool: "computer",
        arguments: [{ type: "wait" }],
        toolCallId: "a1",
        pendingSafetyChecks: [{ id: "c1" }],
        result: { type: "computer_screenshot" },
        error: true,
      },
    ],
    [
      "web_search_call that failed",
      [{ type: "web_search_call", id: "ws_1", status: "failed", action: { type: "search", query: "x" } }],
      { tool: "web_search", arguments: { type: "search", query: "x" }, toolCallId: "ws_1", error: true },
    ],
    [
      "file_search_call",
      [{ type: "file_search_call", id: "fs_1", status: "completed", queries: ["x"], results: [{ score: 1 }] }],
      { tool: "file_search", arguments: { queries: ["x"] }, toolCallId: "fs_1", result: [{ score: 1 }] },
    ],
    [
      "code_interpreter_call",
      [{ type: "code_interpreter_call", id: "ci_1", status: "completed", code: "1", container_id: "c", outputs: null }],
      { tool: "code_interpreter", arguments: { code: "1", container_id: "c" }, toolCallId: "ci_1" },
    ],
    [
      "image_generation_call",
      [{ type: "image_generation_call", id: "ig_1", status: "completed", revised_prompt: "a cat", result: "AA==" }],
      { tool: "image_generation", arguments: { revised_prompt: "a cat" }, toolCallId: "ig_1", result: "AA==" },
    ],
    [
      "local_shell_call, whose output has no id of the call",
      [
        { type: "local_shell_call", id: "ls_1", call_id: "a1", action: { type: "exec", command: ["ls"] } },
        { type: "local_shell_call_output", id: "lso_1", output: "a.txt" },
      ],
      { tool: "local_shell", arguments: { type: "exec", command: ["ls"] }, toolCallId: "a1", result: "a.txt" },
    ],
    [
      "shell_call that ran out of time",
      [
        { type: "shell_call", call_id: "a1", action: { commands: ["sleep 9"] } },
        { type: "shell_call_output", call_id: "a1", output: [{ stdout: "", outcome: { type: "timeout" } }] },
      ],
      {
        tool: "shell",
        arguments: { commands: ["sleep 9"] },
        toolCallId: "a1",
        result: [{ stdout: "", outcome: { type: "timeout" } }],
        error: true,
      },
    ],
    [
      "apply_patch_call",
      [
        { type: "apply_patch_call", call_id: "a1", operation: { type: "delete_file", path: "a" } },
        { type: "apply_patch_call_output", call_id: "a1", status: "failed", output: "no such file" },
      ],
      {
        tool: "apply_patch",
        arguments: { type: "delete_file", path: "a" },
        toolCallId: "a1",
        result: "no such file",
        error: true,
      },
    ],
    [
      "tool_search_call of the server",
      [
        { type: "tool_search_call", id: "ts_1", call_id: null, arguments: { query: "crm" } },
        { type: "tool_search_output", id: "tso_1", call_id: null, tools: [{ type: "function", name: "f" }] },
      ],
      {
        tool: "tool_search",
        arguments: { query: "crm" },
        toolCallId: "ts_1",
        result: [{ type: "function", name: "f" }],
      },
    ],
    [
      "program",
      [
        { type: "program", id: "p_1", call_id: "a1", code: "f()", fingerprint: "x" },
        { type: "program_output", id: "po_1", call_id: "a1", result: "done", status: "completed" },
      ],
      { tool: "program", arguments: { code: "f()" }, toolCallId: "a1", result: "done" },
    ],
  ])("%s", async (_, items, payload) => {
    const read = await readJson(response("resp_1", items));
    expect(formatsOf(read)).toEqual(["openai-responses"]);
    expect(payloadsOf(read)).toEqual([payload]);
    expect(eventsOf(read)).toMatchObject([{ agentId: "m", decision: "observed", ts: new Date(1795600100_000) }]);
    expect(problemsOf(read)).toEqual([]);
  });

  test("one of a kind that is not known is named, and so is a call without a name", async () => {
    const items = await readJson(
      response("resp_1", [
        call("a1", "f"),
        { type: "future_call", id: "x" },
        { ...call("a2", "") },
        { type: "mcp_approval_response", approval_request_id: "gone", approve: true },
        { type: "mcp_approval_response", approval_request_id: "gone" },
        output("a9", "lost"),
        { type: "reasoning", summary: [] },
        { type: "message", role: "assistant", content: [] },
      ]),
    );
    expect(payloadsOf(items)).toMatchObject([{ tool: "f" }]);
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("not_read at 1 /output/1: stands where a message was expected"),
      "not_read at 1 /output/2: is a call whose tool has no name, got a string of 0 characters",
      "no_call at 1 /output/3: is a decision about a call that is not in the source before it",
      expect.stringContaining("not_read at 1 /output/4"),
      expect.stringContaining("no_call at 1 /output/5"),
    ]);
  });
});

describe("approvals of MCP", () => {
  const asked: JsonObject = {
    type: "mcp_approval_request",
    id: "mcpr_1",
    name: "drop",
    server_label: "db",
    arguments: '{"table":"t"}',
  };
  const answered = (approve: boolean, reason?: string): JsonObject => ({
    type: "mcp_approval_response",
    approval_request_id: "mcpr_1",
    approve,
    ...(reason === undefined ? {} : { reason }),
  });
  const made = { ...asked, type: "mcp_call", id: "mcp_1", approval_request_id: "mcpr_1", output: "dropped" };

  test.each<[string, JsonObject[], JsonObject]>([
    ["asked for", [asked], { decision: "observed" }],
    ["approved", [asked, answered(true)], { decision: "allow" }],
    ["approved and made", [asked, answered(true), made], { decision: "allow", payload: { result: "dropped" } }],
    ["made, where the approval is in no source", [made], { decision: "observed", payload: { result: "dropped" } }],
    [
      "denied",
      [asked, answered(false, "not now")],
      { decision: "deny", payload: { result: "not now", error: true, decisionReason: "not now" } },
    ],
    ["denied without a reason", [asked, answered(false)], { decision: "deny", payload: { result: null, error: true } }],
  ])("%s: one call", async (_, items, event) => {
    const found = await readJson({ items });
    expect(problemsOf(found)).toEqual([]);
    expect(eventsOf(found)).toMatchObject([event]);
    expect(payloadsOf(found)).toMatchObject([{ tool: "drop", server: "db", toolCallId: "mcpr_1" }]);
  });

  test("a decision that is imported later is an event of its own", async () => {
    const source = (items: JsonObject[]) => JSON.stringify({ session_id: "mcp", items: [user("go"), ...items] });
    const { events, reports } = await storeAll([
      source([asked]),
      source([asked, answered(false, "no")]),
      source([asked, answered(false, "no")]),
    ]);
    expect(reports).toMatchObject([{ inserted: 1 }, { inserted: 1 }, { inserted: 0, duplicates: 1, rejected: 0 }]);
    expect(events.find(({ action }) => action === "tool_result")).toMatchObject({
      decision: "deny",
      payload: { tool: "drop", result: "no", error: true },
    });
  });
});
