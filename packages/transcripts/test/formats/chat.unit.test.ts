import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { eventsOf, formatsOf, payloadsOf, problemsOf, read, readFixture, readJson, storeAll } from "../support/read.js";

const fixture = (name: string): Promise<Buffer> => readFile(new URL(`../fixtures/${name}`, import.meta.url));

describe("an array of runs with the messages under a key of their own", () => {
  test("one event a call, replies matched in order although ids repeat", async () => {
    const { events } = await storeAll([await fixture("runs-under-traj.json")]);
    expect(events.map((event) => [event.sessionId, event.payload]).toSorted()).toEqual(
      [
        [
          "task-7/trial-1",
          {
            tool: "list_loans",
            arguments: { reader: "r-17" },
            result: { loans: ["b-1", "b-2"] },
            toolCallId: "call_1",
          },
        ],
        ["task-7/trial-1", { tool: "renew", arguments: { book: "b-1" }, result: "renewed", toolCallId: "call_1" }],
        [
          "task-7/trial-1",
          {
            tool: "renew",
            arguments: "b-2, please",
            result: "Error: reserved by another reader",
            toolCallId: "call_2",
          },
        ],
        ["task-7/trial-2", { tool: "list_loans", arguments: {}, toolCallId: "call_1" }],
      ].map(([session, payload]) => [session, { ...(payload as object), timeAssumed: true }]),
    );
    for (const event of events)
      expect(event).toMatchObject({ agentId: "agent", action: "tool_call", decision: "observed" });
  });

  test("times and ids are the same on every read, and ids are all different", async () => {
    const first = eventsOf(await readFixture("runs-under-traj.json"));
    expect(eventsOf(await readFixture("runs-under-traj.json"))).toEqual(first);
    for (const { ts } of first) expect(ts).toEqual(new Date("2024-01-01T00:00:00.000Z"));
    expect(new Set(first.map((event) => event.eventId)).size).toBe(4);
    for (const { eventId } of first)
      expect(eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  });

  test("agent, start and decision are options", async () => {
    const start = new Date("2023-05-01T00:00:00Z");
    const [event] = eventsOf(
      await readFixture("runs-under-traj.json", { agentId: "librarian", start, decision: "allow" }),
    );
    expect(event).toMatchObject({ agentId: "librarian", ts: start, decision: "allow" });
  });
});

test("JSONL: good lines are read, others named with their number", async () => {
  const items = await readFixture("chat-lines.jsonl");
  expect(eventsOf(items).map(({ agentId, ts, payload }) => [agentId, ts.toISOString(), payload])).toEqual([
    [
      "gpt-4o",
      "2024-01-01T00:00:00.000Z",
      { tool: "weather", arguments: { city: "Rome" }, result: "sunny", toolCallId: "a", timeAssumed: true },
    ],
    [
      "gpt-4o",
      "2024-05-01T12:00:00.000Z",
      { tool: "weather", arguments: { city: "Oslo" }, result: { sky: "rain" }, timeAssumed: true },
    ],
  ]);
  expect(eventsOf(items)[0]?.sessionId).toBe("s-1");
  expect(eventsOf(items)[1]?.sessionId).toMatch(/^chat-[0-9a-f]{16}$/);
  expect(problemsOf(items)).toEqual([
    expect.stringMatching(/^unreadable at 4: ends too early/),
    expect.stringMatching(/^not_read at 5: holds no conversation/),
  ]);
});

test("one conversation over several lines, with a time of its own", async () => {
  const [event, ...rest] = eventsOf(await readFixture("single-chat.json"));
  expect(rest).toEqual([]);
  expect(event).toMatchObject({
    agentId: "small-model",
    sessionId: "chat-42",
    ts: new Date("2025-02-03T04:05:06.789Z"),
    payload: { tool: "add", arguments: [1, 2], result: "3" },
  });
});

test("a bare list of messages, and one nested deep", async () => {
  const messages = [{ role: "assistant", tool_calls: [{ id: "1", function: { name: "f", arguments: "{}" } }] }];
  expect(eventsOf(await readJson(messages))).toHaveLength(1);
  const other = [{ role: "assistant", tool_calls: [{ id: "2", function: { name: "f", arguments: "{}" } }] }];
  expect(eventsOf(await readJson({ a: { b: [{ c: messages }, { d: other }] } }))).toHaveLength(2);
});

test("a file with a message in each line is one conversation", async () => {
  const lines = [
    { role: "user", content: "hi" },
    { role: "assistant", tool_calls: [{ id: "1", function: { name: "f", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "1", content: "done" },
  ];
  const items = await read(lines.map((line) => JSON.stringify(line)).join("\n"));
  expect(payloadsOf(items)).toMatchObject([{ tool: "f", result: "done" }]);
});

test("equal conversations without any id are as many as there are", async () => {
  const messages = [
    { role: "assistant", function_call: { name: "f", arguments: "{}" } },
    { role: "function", name: "f", content: "1" },
  ];
  const { reports } = await storeAll([JSON.stringify([{ messages }, { messages }]), JSON.stringify([{ messages }])]);
  expect(reports).toMatchObject([{ inserted: 2 }, { inserted: 0, duplicates: 1 }]);
});

test("equal ids in other conversations are other calls", async () => {
  const run = (text: string) => ({
    id: 1,
    messages: [
      { role: "user", content: text },
      { role: "assistant", tool_calls: [{ id: "1", function: { name: "f" } }] },
    ],
  });
  const { reports } = await storeAll([JSON.stringify(run("a")), JSON.stringify(run("b"))]);
  expect(reports).toMatchObject([{ inserted: 1 }, { inserted: 1 }]);
});

test("lines of one session that repeat nothing are all its calls, also where ids begin again", async () => {
  const line = (content: string) =>
    JSON.stringify({
      session_id: "0b0a6a53-11c2-4f0e-9d55",
      messages: [
        { role: "user", content },
        { role: "assistant", tool_calls: [{ id: "call_0", function: { name: "f" } }] },
      ],
    });
  const { reports } = await storeAll([[line("a"), line("b"), line("a")].join("\n"), [line("a"), line("b")].join("\n")]);
  expect(reports).toMatchObject([{ inserted: 2 }, { inserted: 0, duplicates: 2 }]);
});

test("a call that is no call is named, the rest is kept", async () => {
  const calls = [{ id: "1", function: { arguments: "{}" } }, "odd", { id: "2", function: { name: "f" } }];
  const items = await readJson({ messages: [{ role: "assistant", tool_calls: calls }] });
  expect(problemsOf(items)).toEqual([
    "not_read at 1 /messages/0/tool_calls/0: is a call whose tool has no name, got nothing",
    "not_read at 1 /messages/0/tool_calls/1: is no call: an object was expected",
  ]);
  expect(payloadsOf(items)).toMatchObject([{ tool: "f" }]);
});

test("an answer without a call, and a block of a tool that is not known, are named", async () => {
  const items = await readJson({
    messages: [
      { role: "tool", tool_call_id: "gone", content: "x" },
      { role: "assistant", content: [{ type: "future_tool_block", id: "1" }] },
    ],
  });
  expect(problemsOf(items)).toEqual([
    expect.stringContaining("no_call at 1 /messages/0"),
    expect.stringContaining("not_read at 1 /messages/1/content/0"),
  ]);
});

describe("streamed responses", () => {
  const chunk = (id: string, delta: object) => ({
    id,
    object: "chat.completion.chunk",
    created: 1795600100,
    model: "m",
    choices: [{ index: 0, delta }],
  });
  const part = (index: number, more: object) => ({ tool_calls: [{ index, ...more }] });
  const chunks = [
    chunk("a", part(0, { id: "c1", type: "function", function: { name: "lookup", arguments: "" } })),
    chunk("b", part(0, { id: "c3", type: "function", function: { name: "other", arguments: '{"n"' } })),
    chunk("a", part(0, { function: { arguments: '{"order' } })),
    chunk("a", part(1, { id: "c2", type: "function", function: { name: "refund", arguments: "{}" } })),
    chunk("b", part(0, { function: { arguments: ":9007199254740993}" } })),
    chunk("a", part(0, { function: { arguments: '":7}' } })),
    { id: "a", object: "chat.completion.chunk", created: 1795600100, model: "m", choices: [] },
  ];
  const expected = [
    { tool: "lookup", arguments: { order: 7 }, toolCallId: "c1" },
    { tool: "refund", arguments: {}, toolCallId: "c2" },
    { tool: "other", arguments: { n: "9007199254740993" }, toolCallId: "c3" },
  ];

  test.each([
    ["in lines", chunks.map((one) => JSON.stringify(one)).join("\n")],
    ["as an event stream", `${chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join("")}data: [DONE]\n\n`],
    ["in a list", JSON.stringify(chunks)],
  ])("%s are put together", async (_, text) => {
    const items = await read(text);
    expect(formatsOf(items)).toEqual(["openai-chat"]);
    expect(payloadsOf(items)).toEqual(expected);
    expect(eventsOf(items)).toMatchObject(expected.map(() => ({ ts: new Date(1795600100_000), agentId: "m" })));
  });
});

test("nesting deeper than can be stored is reported, or kept as text", async () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  expect(problemsOf(await read(deep))[0]).toContain("nested deeper than 200 levels");
  const calls = [{ id: "1", function: { name: "f", arguments: deep } }];
  expect(payloadsOf(await readJson({ messages: [{ role: "assistant", tool_calls: calls }] }))).toMatchObject([
    { arguments: deep },
  ]);
});

test.each([
  ["", "nothing_found at : is empty"],
  ["[1, 2]", "unknown_format"],
  ["{\n broken", "unreadable"],
  ["not json at all", "unreadable at 1"],
  ['{"messages":[{"role":"user","content":"hi"}]}', "nothing_found"],
  [
    '{"steps":[{"type":"tool_use","name":"f","input":{},"id":"1"}]}',
    "not_read at : holds calls or answers, and is none",
  ],
])("a file with nothing to store: %j", async (text, message) => {
  const items = await read(text);
  expect(eventsOf(items)).toEqual([]);
  expect(problemsOf(items)[0]).toContain(message);
});

test("an unknown format or time zone is refused", async () => {
  await expect(read("", { format: "opnai-chat" as never })).rejects.toThrow(
    /format must be auto.*Did you mean "openai-chat"/,
  );
  await expect(read("", { timeZone: "Mars/Olympus" })).rejects.toThrow(/timeZone must be an IANA time zone/);
});

test("a message of a tool without content, in a line of its own, has no content", async () => {
  const lines = [
    { role: "user", content: "go" },
    { role: "tool" },
    { role: "assistant", tool_calls: [{ id: "call_1", function: { name: "f", arguments: "{}" } }] },
    { role: "tool" },
  ];
  const items = await read(lines.map((line) => JSON.stringify(line)).join("\n"));
  expect(payloadsOf(items)).toEqual([expect.not.objectContaining({ result: expect.anything() })]);
});

test("chunks without an id are put together response by response; an index may be any number", async () => {
  const chunk = (index: number, name: string | undefined, args: string, finish_reason: string | null = null) => ({
    object: "chat.completion.chunk",
    model: "m",
    created: 1795600100,
    choices: [{ index: 0, finish_reason, delta: { tool_calls: [{ index, function: { name, arguments: args } }] } }],
  });
  const chunks = [
    chunk(1e9, "first", '{"a":'),
    chunk(1e9, undefined, "1}", "tool_calls"),
    chunk(0, "second", '{"b":2}', "tool_calls"),
  ];
  const items = await read(chunks.map((one) => JSON.stringify(one)).join("\n"));
  expect(payloadsOf(items)).toEqual([
    { tool: "first", arguments: { a: 1 } },
    { tool: "second", arguments: { b: 2 } },
  ]);
});

test("arguments that are only space, or the text null, are none; bytes of value zero behind a document are nothing", async () => {
  const calls = ["  ", "null", " null\n"].map((text, n) => ({ id: `c${n}`, function: { name: "f", arguments: text } }));
  const items = await read(
    `${JSON.stringify({ messages: [{ role: "assistant", tool_calls: calls }] }, undefined, 1)}\0\0`,
  );
  expect(payloadsOf(items).map(({ arguments: args }) => args)).toEqual([{}, {}, {}]);
  expect(problemsOf(items)).toEqual([]);
});

test("what a call says of its own failure is kept when the answer only says that there was one", async () => {
  const invalid = [{ id: "1", name: "f", args: "{bad", error: "no JSON" }];
  const items = await readJson([
    { type: "ai", content: "", tool_calls: [], invalid_tool_calls: invalid },
    { type: "tool", tool_call_id: "1", content: "refused", status: "error" },
  ]);
  expect(payloadsOf(items)).toMatchObject([{ arguments: "{bad", result: "refused", error: "no JSON" }]);
});
