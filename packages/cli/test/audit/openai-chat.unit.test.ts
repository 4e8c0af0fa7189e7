import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import type { ImportItem } from "../../src/commands/audit/import/item.js";
import { type OpenAiChatOptions, readOpenAiChat } from "../../src/commands/audit/import/openai-chat/read.js";
import { collect } from "../support/collect.js";

async function read(name: string, options: OpenAiChatOptions = {}): Promise<ImportItem[]> {
  const path = fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
  return collect(readOpenAiChat(createReadStream(path), options));
}

async function readText(text: string): Promise<ImportItem[]> {
  return collect(readOpenAiChat(Readable.from([Buffer.from(text)])));
}

function events(items: ImportItem[]): NewAuditEvent[] {
  return items.flatMap((item) => ("event" in item ? [item.event] : []));
}

function problems(items: ImportItem[]): string[] {
  return items.flatMap((item) => ("problem" in item ? [`${item.place.at}: ${item.problem}`] : []));
}

describe("an array of runs with the messages under a key of their own", () => {
  test("one event a call, replies matched in order although ids repeat", async () => {
    const found = events(await read("runs-under-traj.json"));
    expect(found.map((event) => [event.sessionId, event.payload])).toEqual([
      [
        "task-7/trial-1",
        { tool: "list_loans", arguments: { reader: "r-17" }, result: { loans: ["b-1", "b-2"] }, toolCallId: "call_1" },
      ],
      ["task-7/trial-1", { tool: "renew", arguments: { book: "b-1" }, result: "renewed", toolCallId: "call_1" }],
      [
        "task-7/trial-1",
        { tool: "renew", arguments: "b-2, please", result: "Error: reserved by another reader", toolCallId: "call_2" },
      ],
      ["task-7/trial-2", { tool: "list_loans", arguments: {}, toolCallId: "call_1" }],
    ]);
    for (const event of found)
      expect(event).toMatchObject({ agentId: "agent", action: "tool_call", decision: "allow" });
  });

  test("times and ids are the same on every read, and all different", async () => {
    const first = events(await read("runs-under-traj.json"));
    expect(events(await read("runs-under-traj.json"))).toEqual(first);
    expect(first.map((event) => event.ts.toISOString())).toEqual([
      "2024-01-01T00:00:00.000Z",
      "2024-01-01T00:00:01.000Z",
      "2024-01-01T00:00:02.000Z",
      "2024-01-01T00:01:00.000Z",
    ]);
    expect(new Set(first.map((event) => event.eventId)).size).toBe(4);
    for (const { eventId } of first)
      expect(eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  });

  test("agent and start are options", async () => {
    const [event] = events(
      await read("runs-under-traj.json", { agentId: "librarian", start: new Date("2023-05-01T00:00:00Z") }),
    );
    expect(event).toMatchObject({ agentId: "librarian", ts: new Date("2023-05-01T00:00:00Z") });
  });
});

test("JSONL: good lines are read, others reported with their number", async () => {
  const items = await read("chat-lines.jsonl");
  expect(
    events(items).map(({ agentId, sessionId, ts, payload }) => [agentId, sessionId, ts.toISOString(), payload]),
  ).toEqual([
    [
      "gpt-4o",
      "s-1",
      "2024-01-01T00:00:00.000Z",
      { tool: "weather", arguments: { city: "Rome" }, result: "sunny", toolCallId: "a" },
    ],
    [
      "gpt-4o",
      "conversation-2",
      "2024-05-01T12:00:00.000Z",
      { tool: "weather", arguments: { city: "Oslo" }, result: { sky: "rain" } },
    ],
  ]);
  expect(problems(items)).toEqual([
    expect.stringMatching(/^line 4: ends too early/),
    expect.stringMatching(/^line 5: holds no conversation/),
  ]);
});

test("one conversation over several lines, with a time of its own", async () => {
  const [event, ...rest] = events(await read("single-chat.json"));
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
  expect(events(await readText(JSON.stringify(messages)))).toHaveLength(1);
  expect(events(await readText(JSON.stringify({ a: { b: [{ c: messages }, { d: messages }] } })))).toHaveLength(2);
});

test("a call that is no call is reported, the rest is kept", async () => {
  const calls = [{ id: "1", function: { arguments: "{}" } }, "odd", { id: "2", function: { name: "f" } }];
  const items = await readText(JSON.stringify({ messages: [{ role: "assistant", tool_calls: calls }] }));
  expect(problems(items)).toEqual(["line 1, conversation 1, call 1: the tool call has no function name"]);
  expect(events(items)).toMatchObject([{ payload: { tool: "f" } }]);
});

test("nesting deeper than can be stored is reported, or kept as text", async () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  expect(problems(await readText(deep))).toEqual([expect.stringContaining("nested deeper than 200 levels")]);
  const calls = [{ id: "1", function: { name: "f", arguments: deep } }];
  const [event] = events(await readText(JSON.stringify({ messages: [{ role: "assistant", tool_calls: calls }] })));
  expect(event).toMatchObject({ payload: { arguments: deep } });
});

test.each([
  ["", "the file: is empty"],
  ["[1, 2]", "line 1: holds no conversation"],
  ["{\n broken", "the file: is not valid JSON"],
  ["not json at all", "none of its lines is a JSON object"],
])("a file that is none: %j", async (text, message) => {
  const items = await readText(text);
  expect(events(items)).toEqual([]);
  expect(problems(items)[0]).toContain(message);
});
