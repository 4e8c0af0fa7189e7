import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { eventsOf, formatsOf, payloadsOf, problemsOf, read, readJson, storeAll } from "./support/read.js";

/** A call as OpenAI's API has it. */
function call(id: string, name: string, args?: JsonValue): JsonObject {
  return { id, type: "function", function: args === undefined ? { name } : { name, arguments: args } };
}

function assistant(...calls: JsonObject[]): JsonObject {
  return { role: "assistant", content: null, tool_calls: calls };
}

function reply(id: string, content: string): JsonObject {
  return { role: "tool", tool_call_id: id, content };
}

describe("numbers keep their digits", () => {
  test("integers beyond 2^53 in arguments and results", async () => {
    const args = '{"guild": 7301946528812345677, "member": 9007199254740993, "n": 12}';
    const items = await readJson({
      messages: [assistant(call("b1", "ban", args)), reply("b1", '{"banned": 9007199254740993}')],
    });
    expect(payloadsOf(items)).toMatchObject([
      {
        arguments: { guild: "7301946528812345677", member: "9007199254740993", n: 12 },
        result: { banned: "9007199254740993" },
      },
    ]);
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("number_as_text at 1 /messages/0/tool_calls/0: arguments"),
      expect.stringContaining("number_as_text at 1 /messages/1: the result"),
    ]);
  });

  test("in an exported event, with the place", async () => {
    const line =
      '{"ts":"2026-11-20T10:00:00Z","agentId":"a","action":"x","decision":"allow","payload":{"n":[0.1,9007199254740993]}}';
    const items = await read(line);
    expect(payloadsOf(items)).toEqual([{ n: [0.1, "9007199254740993"] }]);
    expect(problemsOf(items)).toEqual([expect.stringContaining("number_as_text at 1 /payload/n/1")]);
  });

  test("two events that differ in a digit no double has are a conflict, not a duplicate", async () => {
    const line = (n: string) =>
      `{"ts":"2026-11-20T10:00:00Z","eventId":"6f9619ff-8b86-4d01-b42d-00c04fc964f1","agentId":"a","action":"x","decision":"allow","payload":{"n":${n}}}`;
    const { reports } = await storeAll([line("9007199254740993"), line("9007199254740992")]);
    expect(reports).toMatchObject([{ inserted: 1 }, { inserted: 0, duplicates: 0, rejected: 1 }]);
  });
});

test.each([
  ["", ""],
  ["null", null],
  ["absent", undefined],
  ["an empty object", "{}"],
])("arguments that are %s mean the empty object", async (_, args) => {
  const items = await readJson({ messages: [assistant(call("a1", "list_scopes", args)), reply("a1", "ok")] });
  expect(payloadsOf(items)).toMatchObject([{ tool: "list_scopes", arguments: {}, result: "ok" }]);
  expect(problemsOf(items)).toEqual([]);
});

test("a transcript that grew stores its calls once, and the late answer as an event of its own", async () => {
  const first = [assistant(call("g1", "get", "{}")), reply("g1", "open"), assistant(call("g2", "close", "{}"))];
  const second = [...first, reply("g2", "closed"), assistant(call("g3", "get", "{}")), reply("g3", "closed")];
  const files = [first, second].map((messages) => JSON.stringify({ session_id: "grow-1", messages }));
  const { reports, events } = await storeAll([...files, ...files]);
  expect(reports).toMatchObject([
    { inserted: 2, duplicates: 0 },
    { inserted: 2, duplicates: 1 },
    { inserted: 0, duplicates: 2 },
    { inserted: 0, duplicates: 3 },
  ]);
  expect(
    events.filter(({ action }) => action === "tool_call").map(({ payload }) => (payload as JsonObject).toolCallId),
  ).toEqual(["g1", "g2", "g3"]);
  expect(events.find(({ action }) => action === "tool_result")).toMatchObject({
    sessionId: "grow-1",
    payload: { tool: "close", toolCallId: "g2", result: "closed" },
  });
});

describe("what a request log has in the response", () => {
  const response = {
    id: "chatcmpl-x1",
    object: "chat.completion",
    created: 1795600100,
    model: "gw-model",
    choices: [
      { index: 0, message: assistant(call("r1", "lookup", '{"order": 7}'), call("r2", "refund", '{"amount": 12.5}')) },
    ],
  };
  const request = { model: "gw-model", messages: [{ role: "user", content: "refund order 7" }] };

  test.each([
    ["beside the request", { id: "log-1", request, response }],
    ["beside the messages", { ...request, response }],
    ["alone", response],
    ["in the body of a batch", { custom_id: "c", response: { status_code: 200, body: response } }],
  ])("%s", async (_, value) => {
    const items = await readJson(value);
    expect(payloadsOf(items).map(({ tool }) => tool)).toEqual(["lookup", "refund"]);
    for (const event of eventsOf(items))
      expect(event).toMatchObject({ ts: new Date(1795600100_000), agentId: "gw-model" });
    for (const payload of payloadsOf(items)) expect(payload).not.toHaveProperty("timeAssumed");
  });

  test("lines that repeat the history store each call once, with its answer", async () => {
    const { content: _, ...repeated } = response.choices.map(({ message }) => message)[0] ?? {};
    const history = [
      ...request.messages,
      { ...repeated, content: "", refusal: null, annotations: [] },
      reply("r1", "found"),
      reply("r2", "done"),
    ];
    const next = {
      ...response,
      choices: [{ index: 0, message: assistant(call("r3", "mail", "{}")) }],
      created: 1795600200,
    };
    const lines = [
      { id: "log-1", request, response },
      { id: "log-2", request: { ...request, messages: history }, response: next },
    ];
    const items = await read(lines.map((line) => JSON.stringify(line)).join("\n"));
    expect(payloadsOf(items).map(({ tool, result }) => [tool, result])).toEqual([
      ["lookup", "found"],
      ["refund", "done"],
      ["mail", undefined],
    ]);
    expect(new Set(eventsOf(items).map(({ sessionId }) => sessionId)).size).toBe(1);
  });
});

test("blocks of Anthropic's Messages API, parallel calls and an error", async () => {
  const items = await readJson({
    id: "conv-an-1",
    model: "claude-like",
    messages: [
      { role: "user", content: "read and delete" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "On it." },
          { type: "tool_use", id: "t1", name: "read_file", input: { path: "/etc/app.ini" } },
          { type: "tool_use", id: "t2", name: "delete_file", input: { path: "/etc/app.ini" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "t2", is_error: true, content: "permission denied" },
          { type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "[app]" }] },
        ],
      },
    ],
  });
  expect(formatsOf(items)).toEqual(["anthropic"]);
  const byTool = Object.fromEntries(payloadsOf(items).map((payload) => [payload.tool, payload]));
  expect(byTool.read_file).toMatchObject({ arguments: { path: "/etc/app.ini" }, result: "[app]" });
  expect(byTool.read_file).not.toHaveProperty("error");
  expect(byTool.delete_file).toMatchObject({ result: "permission denied", error: true });
});

test.each([
  [
    "role and tool_calls with args",
    [
      {
        role: "assistant",
        content: "",
        tool_calls: [{ name: "search", args: { q: "x" }, id: "l1", type: "tool_call" }],
      },
      { role: "tool", tool_call_id: "l1", name: "search", content: "3 hits" },
    ],
  ],
  [
    "message_to_dict",
    [
      { type: "human", data: { content: "find", type: "human" } },
      {
        type: "ai",
        data: {
          content: "",
          type: "ai",
          tool_calls: [{ name: "search", args: { q: "x" }, id: "l1", type: "tool_call" }],
        },
      },
      { type: "tool", data: { content: "3 hits", type: "tool", tool_call_id: "l1" } },
    ],
  ],
  [
    "model_dump",
    [
      { type: "ai", content: "", tool_calls: [{ name: "search", args: { q: "x" }, id: "l1", type: "tool_call" }] },
      { type: "tool", content: "3 hits", tool_call_id: "l1" },
    ],
  ],
  [
    "serialised constructors",
    [
      {
        lc: 1,
        type: "constructor",
        id: ["langchain_core", "messages", "AIMessage"],
        kwargs: { content: "", tool_calls: [{ name: "search", args: { q: "x" }, id: "l1" }] },
      },
      {
        lc: 1,
        type: "constructor",
        id: ["langchain_core", "messages", "ToolMessage"],
        kwargs: { content: "3 hits", tool_call_id: "l1" },
      },
    ],
  ],
])("LangChain's messages: %s", async (_, messages) => {
  const items = await readJson({ thread_id: "lc-1", messages });
  expect(formatsOf(items)).toEqual(["langchain"]);
  expect(payloadsOf(items)).toMatchObject([{ tool: "search", arguments: { q: "x" }, result: "3 hits" }]);
  expect(problemsOf(items)).toEqual([]);
});

test.each([
  ["an object without a role", { type: "checkpoint", id: 4 }],
  ["null", null],
])("one odd item (%s) takes no conversation with it, and is named", async (shape, odd) => {
  const conversation = (n: number, ...between: JsonValue[]) => ({
    session_id: `odd-${n}`,
    messages: [
      { role: "user", content: "do" },
      ...between,
      assistant(call(`o${n}`, "do_it", `{"n":${n}}`)),
      reply(`o${n}`, "done"),
    ],
  });
  const items = await readJson([conversation(1), conversation(2, odd), conversation(3)]);
  expect(
    eventsOf(items)
      .map(({ sessionId }) => sessionId)
      .sort(),
  ).toEqual(["odd-1", "odd-2", "odd-3"]);
  expect(problemsOf(items)).toEqual([expect.stringContaining("left_out at 1 /1/messages/1: ")]);
  expect(problemsOf(items)[0]).toContain(shape);
});

describe("times", () => {
  const at = (created_at: JsonValue) => ({
    session_id: "t",
    created_at,
    messages: [assistant(call("c1", "ping", "{}"))],
  });

  test.each([
    ["2026-11-05T14:30:00", "2026-11-05T14:30:00.000Z"],
    ["2026-11-05 14:30:00.123456", "2026-11-05T14:30:00.123Z"],
    [1793889000123456, "2026-11-05T14:30:00.123Z"],
    ["1793889000123456789", "2026-11-05T14:30:00.123Z"],
    ["1793889000", "2026-11-05T14:30:00.000Z"],
    ["Thu, 05 Nov 2026 14:30:00 +0000", "2026-11-05T14:30:00.000Z"],
    ["2026-11-05T14:30:00.123456+00:00", "2026-11-05T14:30:00.123Z"],
  ])("%s is read", async (text, iso) => {
    expect(eventsOf(await readJson(at(text))).map(({ ts }) => ts.toISOString())).toEqual([iso]);
  });

  test("without a zone, in the zone that was asked for, and said", async () => {
    const items = await readJson(at("2026-11-05T14:30:00"), { timeZone: "Europe/Berlin" });
    expect(eventsOf(items)[0]?.ts).toEqual(new Date("2026-11-05T13:30:00Z"));
    expect(problemsOf(items)).toEqual([expect.stringContaining("zone_assumed")]);
  });

  test("what is no time is said, and the event says that its time is assumed", async () => {
    const items = await readJson(at("last Tuesday"));
    expect(payloadsOf(items)).toMatchObject([{ timeAssumed: true }]);
    expect(problemsOf(items)).toEqual([expect.stringContaining("unread_time at 1 /messages/0: created_at")]);
  });

  test("events of one millisecond come out in the order they had", async () => {
    const steps = Array.from({ length: 40 }, (_, n) => ({
      ...assistant(call(`c${n}`, `step_${n}`, "{}")),
      timestamp: 1795600000,
    }));
    const { events } = await storeAll([JSON.stringify({ session_id: "ord", messages: steps })]);
    expect(events.map(({ payload }) => (payload as JsonObject).tool)).toEqual(steps.map((_, n) => `step_${n}`));
  });
});

test("a call that is answered twice keeps both answers; its id used anew is another call", async () => {
  const messages = [
    assistant(call("x1", "pay", '{"n": 1}')),
    reply("x1", "cancelled by user"),
    reply("x1", '{"paid": true}'),
    assistant(call("x1", "pay", '{"n": 2}')),
    reply("x1", '{"paid": "second"}'),
  ];
  const items = await readJson({ session_id: "retry", messages });
  expect(eventsOf(items).map(({ action, payload }) => [action, (payload as JsonObject).result])).toEqual([
    ["tool_call", "cancelled by user"],
    ["tool_result", { paid: true }],
    ["tool_call", { paid: "second" }],
  ]);
});

test("a trajectory that repeats its history in each step has each call once, with its own result", async () => {
  const history = [
    { role: "user", content: "fix" },
    assistant(call("t1", "find", "{}")),
    { role: "tool", content: "found", tool_call_ids: ["t1"] },
    assistant(call("t2", "open", '{"path":"a"}'), call("t3", "open", '{"path":"b"}')),
    { role: "tool", content: "text of b", tool_call_ids: ["t3"] },
    { role: "tool", content: "text of a", tool_call_ids: ["t2"] },
  ];
  const trajectory = [history.slice(0, 1), history.slice(0, 3), history].map((query) => ({
    action: "x",
    observation: "y",
    query,
  }));
  const items = await readJson({ environment: "main", trajectory, history });
  const results = payloadsOf(items).map(({ toolCallId, result }) => [toolCallId, result]);
  expect(results.toSorted()).toEqual([
    ["t1", "found"],
    ["t2", "text of a"],
    ["t3", "text of b"],
  ]);
});

describe("a member that occurs twice", () => {
  test("in arguments keeps the text, and is said", async () => {
    const items = await readJson({ messages: [assistant(call("c1", "pay", '{"amount":9000,"amount":1}'))] });
    expect(payloadsOf(items)).toMatchObject([{ arguments: '{"amount":9000,"amount":1}' }]);
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("duplicate_member at 1 /messages/0/tool_calls/0: arguments"),
    ]);
  });

  test("in an exported event is refused", async () => {
    const items = await read(
      '{"ts":"2026-11-20T10:00:00Z","agentId":"a","action":"x","decision":"deny","decision":"allow"}',
    );
    expect(eventsOf(items)).toEqual([]);
    expect(problemsOf(items)).toEqual(["not_read at 1: is an object that names a member twice"]);
  });
});
