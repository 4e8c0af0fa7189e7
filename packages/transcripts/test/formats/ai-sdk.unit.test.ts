import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { aiSdk } from "../../src/formats/chat/index.js";
import {
  eventsOf,
  fixtureBytes,
  formatsOf,
  payloadsOf,
  problemsOf,
  read,
  readInParts,
  readJson,
  storeAll,
} from "../support/read.js";

const user: JsonObject = { role: "user", content: "go" };
const assistant = (...content: JsonObject[]): JsonObject => ({ role: "assistant", content });
const tool = (...content: JsonObject[]): JsonObject => ({ role: "tool", content });
const call = (toolCallId: string, toolName: string, input?: JsonValue): JsonObject => ({
  type: "tool-call",
  toolCallId,
  toolName,
  ...(input === undefined ? {} : { input }),
});
const result = (toolCallId: string, output: JsonValue): JsonObject => ({
  type: "tool-result",
  toolCallId,
  toolName: "f",
  output,
});
const text = (value: string): JsonObject => ({ type: "text", value });
const ui = (...parts: JsonObject[]): JsonObject => ({ id: "a1", role: "assistant", parts });
const part = (state: string, more: JsonObject = {}): JsonObject => ({
  type: "tool-f",
  toolCallId: "c1",
  state,
  input: { n: 1 },
  ...more,
});

describe("messages for models", () => {
  test.each<[string, JsonObject, JsonObject, string?]>([
    ["text", result("c1", text('{"a":1}')), { result: { a: 1 } }],
    ["json", result("c1", { type: "json", value: [1] }), { result: [1] }],
    ["content", result("c1", { type: "content", value: [{ type: "text", text: "x" }] }), { result: "x" }],
    ["error-text", result("c1", { type: "error-text", value: "no" }), { result: "no", error: true }],
    ["error-json", result("c1", { type: "error-json", value: { code: 1 } }), { result: { code: 1 }, error: true }],
    [
      "execution-denied",
      result("c1", { type: "execution-denied", reason: "never" }),
      { result: "never", error: true },
      "deny",
    ],
    ["an output of a step, which has no type", result("c1", { rows: 2 }), { result: { rows: 2 } }],
    [
      "one from before AI SDK 5",
      { type: "tool-result", toolCallId: "c1", toolName: "f", result: "x", isError: true },
      { result: "x", error: true },
    ],
    ["tool-error", { type: "tool-error", toolCallId: "c1", toolName: "f", error: "no" }, { result: "no", error: true }],
    [
      "tool-output-denied",
      { type: "tool-output-denied", toolCallId: "c1", toolName: "f" },
      { result: null, error: true },
      "deny",
    ],
  ])("an answer: %s", async (_, answer, payload, decision = "observed") => {
    const items = await readJson({
      chatId: "chat",
      messages: [user, assistant(call("c1", "f", { n: 1 })), tool(answer)],
    });
    expect(formatsOf(items)).toEqual(["ai-sdk"]);
    expect(problemsOf(items)).toEqual([]);
    expect(eventsOf(items)).toMatchObject([{ decision, sessionId: "chat" }]);
    expect(payloadsOf(items)).toEqual([
      { tool: "f", arguments: { n: 1 }, toolCallId: "c1", ...payload, timeAssumed: true },
    ]);
  });

  const asked: JsonObject = { type: "tool-approval-request", approvalId: "ap1", toolCallId: "c1" };
  const response = (approved: boolean, more: JsonObject = {}): JsonObject => ({
    type: "tool-approval-response",
    approvalId: "ap1",
    approved,
    ...more,
  });

  test.each<[string, JsonObject, JsonObject[], JsonObject]>([
    ["asked for", asked, [], { decision: "observed" }],
    ["approved", asked, [response(true)], { decision: "allow", payload: { decisionSource: "user" } }],
    [
      "approved and made",
      asked,
      [response(true), result("c1", text("ok"))],
      { decision: "allow", payload: { decisionSource: "user", result: "ok" } },
    ],
    [
      "denied",
      asked,
      [response(false, { reason: "no" })],
      { decision: "deny", payload: { result: "no", error: true, decisionReason: "no" } },
    ],
    [
      "denied, and told to the model",
      asked,
      [response(false), result("c1", { type: "error-text", value: "Tool execution denied." })],
      { decision: "deny", payload: { result: "Tool execution denied.", error: true } },
    ],
    [
      "denied by a rule",
      { ...asked, isAutomatic: true },
      [response(false)],
      { decision: "deny", payload: { decisionSource: "rule" } },
    ],
  ])("a call that needs approval: %s", async (_, request, answers, event) => {
    const messages = [user, assistant(call("c1", "f"), request), ...answers.map((answer) => tool(answer))];
    const items = await readJson({ messages });
    expect(problemsOf(items)).toEqual([]);
    expect(eventsOf(items)).toMatchObject([event]);
  });

  test("what cannot be read is named", async () => {
    const items = await readJson({
      messages: [
        assistant(call("c1", ""), { type: "tool-new", id: 1 }, { type: "tool-approval-request", toolCallId: "c1" }),
        tool(response(true), { type: "tool-approval-response", approvalId: "x" }, result("gone", text("x"))),
        assistant(call("c2", "f")),
      ],
    });
    expect(payloadsOf(items)).toMatchObject([{ tool: "f" }]);
    expect(problemsOf(items).map((line) => line.replace(/:.*/, ""))).toEqual([
      "not_read at 1 /messages/0/content/0",
      "not_read at 1 /messages/0/content/2",
      "not_read at 1 /messages/0/content/1",
      "no_call at 1 /messages/1/content/0",
      "not_read at 1 /messages/1/content/1",
      "no_call at 1 /messages/1/content/2",
    ]);
  });

  test("parts without a message around them are named", async () => {
    const items = await readJson({ toolCalls: [call("c1", "f")], toolResults: [result("c1", "x")] });
    expect(problemsOf(items)).toEqual([expect.stringContaining("not_read at : holds calls or answers")]);
  });
});

describe("messages for user interfaces", () => {
  test.each<[string, JsonObject, JsonObject, string?]>([
    ["input-available", part("input-available"), {}],
    ["output-available", part("output-available", { output: { a: 1 } }), { result: { a: 1 } }],
    ["a first output", part("output-available", { output: 1, preliminary: true }), { result: 1, preliminary: true }],
    ["output-error", part("output-error", { errorText: "no" }), { result: "no", error: true }],
    [
      "output-error of arguments that are none",
      { type: "tool-f", toolCallId: "c1", state: "output-error", rawInput: "{", errorText: "no" },
      { arguments: "{", result: "no", error: true },
    ],
    [
      "output-denied",
      part("output-denied", { approval: { id: "ap1", approved: false, reason: "no", isAutomatic: true } }),
      { result: "no", error: true, decisionSource: "rule", decisionReason: "no" },
      "deny",
    ],
    ["approval-requested", part("approval-requested", { approval: { id: "ap1" } }), {}],
    [
      "approval-responded",
      part("approval-responded", { approval: { id: "ap1", approved: true } }),
      { decisionSource: "user" },
      "allow",
    ],
    [
      "approved, with its output",
      part("output-available", { output: "x", approval: { id: "ap1", approved: true } }),
      { result: "x", decisionSource: "user" },
      "allow",
    ],
    [
      "dynamic-tool",
      { ...part("output-available", { output: 1 }), type: "dynamic-tool", toolName: "f" },
      { result: 1 },
    ],
    ["run by the provider", part("input-available", { providerExecuted: true }), { providerExecuted: true }],
    [
      "tool-invocation",
      {
        type: "tool-invocation",
        toolInvocation: { state: "result", toolCallId: "c1", toolName: "f", args: { n: 1 }, result: "x" },
      },
      { result: "x" },
    ],
  ])("%s", async (_, one, payload, decision = "observed") => {
    const items = await readJson({ id: "chat", messages: [{ ...ui(one), metadata: { createdAt: 1795600100000 } }] });
    expect(formatsOf(items)).toEqual(["ai-sdk"]);
    expect(problemsOf(items)).toEqual([]);
    expect(eventsOf(items)).toMatchObject([{ decision, ts: new Date(1795600100_000), sessionId: "chat" }]);
    expect(payloadsOf(items)).toEqual([{ tool: "f", arguments: { n: 1 }, toolCallId: "c1", ...payload }]);
  });

  test("a dynamic tool without a name is named as not read", async () => {
    const items = await readJson([ui({ ...part("output-available", { output: 1 }), type: "dynamic-tool" })]);
    expect(eventsOf(items)).toEqual([]);
    expect(problemsOf(items)[0]).toContain("not_read at 1 /0/parts/0: is a call whose tool has no name, got nothing");
  });

  test("toolInvocations without parts are read, and those beside parts add nothing", async () => {
    const one = { state: "call", toolCallId: "c1", toolName: "f", args: {} };
    const two = { ...one, toolCallId: "c2", state: "partial-call" };
    const alone = await readJson([{ role: "assistant", content: "", toolInvocations: [one, two] }]);
    expect(payloadsOf(alone)).toMatchObject([{ tool: "f", toolCallId: "c1" }]);
    expect(problemsOf(alone)).toEqual([expect.stringContaining("left_out at 1 /0/toolInvocations/1")]);
    const parts = [{ type: "tool-invocation", toolInvocation: one }];
    expect(payloadsOf(await readJson([{ role: "assistant", toolInvocations: [one], parts }]))).toHaveLength(1);
  });

  test("a message that grows, in a chat that names nothing: each call once, an unfinished one is named", async () => {
    const states = [
      [part("input-streaming", { input: {} })],
      [part("input-available")],
      [part("output-available", { output: "x" }), part("input-available", { toolCallId: "c2" })],
      [part("output-available", { output: "x" }), part("output-error", { toolCallId: "c2", errorText: "no" })],
    ];
    const sources = states.map((parts) =>
      JSON.stringify([{ ...user, parts: [{ type: "text", text: "go" }] }, ui(...parts)]),
    );
    expect(problemsOf(await read(sources[0] as string))).toEqual([
      expect.stringContaining("left_out at 1 /1/parts/0: is a call that ends within its arguments"),
      expect.stringContaining("nothing_found"),
    ]);
    const { events, reports } = await storeAll([...sources, ...sources.slice(1)]);
    expect(reports.map(({ inserted }) => inserted)).toEqual([0, 1, 2, 1, 0, 0, 0]);
    expect(events.map(({ action }) => action).toSorted()).toEqual([
      "tool_call",
      "tool_call",
      "tool_result",
      "tool_result",
    ]);
  });

  test("a stream and the one after the approval are one message", async () => {
    const streams = [
      await fixtureBytes("clients/ai-sdk/v6-ui-stream-1.txt"),
      await fixtureBytes("clients/ai-sdk/v6-ui-stream-2.txt"),
    ];
    const items = await read(Buffer.concat(streams));
    expect(problemsOf(items)).toEqual([]);
    expect(eventsOf(items).map(({ decision, payload }) => [decision, (payload as JsonObject).result])).toEqual([
      ["observed", { order: 9, paid: 12.5 }],
      ["observed", "An error occurred."],
      ["observed", "refunded"],
      ["deny", null],
    ]);
  });

  test("what was recorded before the approval, after it, and at the end is stored once", async () => {
    const names = ["asked", "answered"].map((name) => `clients/ai-sdk/v6-ui-messages-${name}.jsonl`);
    const sources = await Promise.all([...names, "clients/ai-sdk/v6-ui-messages.jsonl"].map(fixtureBytes));
    const { events, reports } = await storeAll([...sources, ...sources]);
    expect(reports.slice(3)).toMatchObject([0, 0, 0].map((inserted) => ({ inserted, rejected: 0 })));
    const later = events.filter(({ action }) => action !== "tool_call");
    expect(later.map(({ action, decision, payload }) => [action, decision, (payload as JsonObject).result])).toEqual([
      ["policy_decision", "allow", undefined],
      ["tool_result", "allow", "refunded"],
      ["tool_result", "deny", "not that one"],
    ]);
    expect(events.filter(({ action }) => action === "tool_call")).toHaveLength(4);
  });
});

describe("streams for user interfaces", () => {
  const chunks: JsonObject[] = [
    { type: "start" },
    { type: "data-status", data: { toolCallId: "not a call" } },
    { type: "tool-input-start", toolCallId: "c1", toolName: "f", dynamic: true },
    { type: "tool-input-available", toolCallId: "c1", toolName: "f", input: {} },
    { type: "tool-output-available", toolCallId: "c1", output: 1, preliminary: true },
    { type: "tool-output-available", toolCallId: "c1", output: 2 },
    { type: "tool-input-error", toolCallId: "c2", toolName: "g", input: "{", errorText: "no" },
    { type: "tool-input-available", toolCallId: "c3", toolName: "h", input: {}, providerExecuted: true },
    { type: "tool-approval-request", toolCallId: "c3", approvalId: "ap1", isAutomatic: true },
    { type: "tool-approval-response", approvalId: "ap1", approved: false, reason: "never" },
    { type: "tool-output-denied", toolCallId: "c3" },
    { type: "tool-input-start", toolCallId: "c4", toolName: "cut" },
    { type: "finish" },
  ];

  test.each([
    ["in lines", chunks.map((chunk) => JSON.stringify(chunk)).join("\n")],
    ["in a list", JSON.stringify(chunks)],
  ])("%s", async (_, source) => {
    const items = await read(source);
    expect(formatsOf(items)).toEqual(["ai-sdk"]);
    expect(eventsOf(items).map(({ decision, payload }) => [decision, payload])).toMatchObject([
      ["observed", { tool: "f", result: 2 }],
      ["observed", { tool: "g", arguments: "{", result: "no", error: true }],
      ["deny", { tool: "h", result: "never", decisionSource: "rule", providerExecuted: true }],
    ]);
    expect(problemsOf(items)).toEqual([expect.stringContaining("left_out")]);
  });
});

describe("faults that sources have", () => {
  test("numbers keep their digits, and an object that names a member twice its text", async () => {
    const source = `{"messages":[{"role":"assistant","content":[
      {"type":"tool-call","toolCallId":"c1","toolName":"f","input":{"guild":7301946528812345677}},
      {"type":"tool-call","toolCallId":"c2","toolName":"pay","input":{"amount":9000,"amount":1}}]}]}`;
    const items = await read(source);
    expect(payloadsOf(items)).toMatchObject([
      { arguments: { guild: "7301946528812345677" } },
      { arguments: expect.stringMatching(/^\{"amount":9000,"amount":1\}$/) },
    ]);
    expect(new Set(problemsOf(items).map((line) => line.replace(/ .*/, "")))).toEqual(
      new Set(["number_as_text", "duplicate_member"]),
    );
  });

  test.each<[string, JsonValue | undefined]>([
    ["empty", ""],
    ["null", null],
    ["absent", undefined],
    ["an empty object", {}],
  ])("arguments that are %s mean the empty object", async (_, input) => {
    expect(payloadsOf(await readJson([assistant(call("c1", "f", input))]))).toMatchObject([{ arguments: {} }]);
    expect(payloadsOf(await readJson([ui(part("input-available", { input: input ?? null }))]))).toMatchObject([
      { arguments: {} },
    ]);
  });

  test("a cancelled call that was answered again; its id for another call, in one message too", async () => {
    const messages = [
      user,
      assistant(call("x1", "pay", { n: 1 })),
      tool(result("x1", { type: "error-text", value: "cancelled" })),
      tool(result("x1", text("paid"))),
      assistant(call("x1", "pay", { n: 2 })),
      tool(result("x1", text("paid, too"))),
    ];
    const results = (items: Awaited<ReturnType<typeof read>>) =>
      eventsOf(items).map(({ action, payload }) => [action, (payload as JsonObject).result]);
    expect(results(await readJson({ messages }))).toEqual([
      ["tool_call", "cancelled"],
      ["tool_result", "paid"],
      ["tool_call", "paid, too"],
    ]);
    const parts = [
      part("output-error", { errorText: "cancelled" }),
      part("output-available", { input: { n: 2 }, output: "paid" }),
    ];
    expect(results(await readJson([ui(...parts)]))).toEqual([
      ["tool_call", "cancelled"],
      ["tool_call", "paid"],
    ]);
  });

  test("one odd item takes no conversation with it; a time that cannot be read is named", async () => {
    const items = await readJson([
      { id: "a", messages: [{ ...assistant(call("a1", "f")), createdAt: "last Tuesday" }] },
      { id: "b", messages: [user, null, { type: "checkpoint" }, assistant(call("b1", "g"))] },
    ]);
    expect(payloadsOf(items).map(({ tool: name }) => name)).toEqual(["f", "g"]);
    expect(problemsOf(items).map((line) => line.replace(/:.*/, ""))).toEqual([
      "unread_time at 1 /0/messages/0",
      "left_out at 1 /1/messages/1",
      "left_out at 1 /1/messages/2",
    ]);
  });

  test("calls of one second keep their order, and a document that is too large to be read whole has the same ones", async () => {
    const steps = Array.from({ length: 40 }, (_, n) => [
      assistant(call(`c${n}`, `step_${n}`)),
      tool(result(`c${n}`, text("ok"))),
    ]).flat();
    const source = { chatId: "order-within-a-second", createdAt: 1795600100, messages: steps };
    const { events } = await storeAll([JSON.stringify(source)]);
    const tools = Array.from({ length: 40 }, (_, n) => `step_${n}`);
    expect(events.map(({ payload }) => (payload as JsonObject).tool)).toEqual(tools);
    const parts = await readInParts(aiSdk, source, 500);
    expect(payloadsOf(parts).map(({ tool: name, result: said }) => [name, said])).toEqual(
      tools.map((one) => [one, "ok"]),
    );
  });
});
