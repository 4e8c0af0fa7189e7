import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { Unreadable } from "../src/bytes/unreadable.js";
import { Assembler } from "../src/json/assembler.js";
import { eventsOf, problemsOf, read, storeAll } from "./support/read.js";

const EVENT = { ts: "2024-05-01T00:00:00Z", agentId: "a", action: "x", decision: "allow" };
const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];
const KNOWN = JSON.stringify(
  [Object.prototype, Array.prototype, Function.prototype].map((one) => Object.getOwnPropertyNames(one)),
);

/** Nothing that was read became a member of every object. */
afterEach(() => {
  const now = [Object.prototype, Array.prototype, Function.prototype].map((one) => Object.getOwnPropertyNames(one));
  expect(JSON.stringify(now)).toBe(KNOWN);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

describe("names that objects have by birth", () => {
  test.each(NAMES)("%s is stored as a member of a payload, from JSONL, CSV and a chat", async (name) => {
    const payload = `{"${name}":{"polluted":true},"list":[{"${name}":1}]}`;
    const line = `${JSON.stringify(EVENT).slice(0, -1)},"payload":${payload}}`;
    const csv = `ts,agentId,action,decision,payload\n${EVENT.ts},a,x,allow,"${payload.replaceAll('"', '""')}"\n`;
    const call = { id: name, function: { name, arguments: payload } };
    const messages = [
      { role: "assistant", tool_calls: [call] },
      { role: "tool", tool_call_id: name, content: payload },
    ];
    const chat = JSON.stringify({ model: "m", created: 1_700_000_000, messages });
    const { events, reports } = await storeAll([line, csv, chat]);
    expect(reports.map(({ rejected }) => rejected)).toEqual([0, 0, 0]);
    const stored = events.map(({ action, payload: kept }) => {
      const { arguments: args } = kept as { arguments?: unknown };
      return JSON.stringify(action === "tool_call" ? args : kept);
    });
    expect(stored).toEqual(Array(stored.length).fill(payload));
    expect(stored.length).toBeGreaterThanOrEqual(2);
  });

  test.each(NAMES)("%s is no member of an event, and no column", async (name) => {
    const { events, reports } = await storeAll([`${JSON.stringify(EVENT).slice(0, -1)},"${name}":{"polluted":true}}`]);
    expect([events, reports[0]?.rejected]).toEqual([[], 1]);
    const csv = await read(`ts,agentId,action,decision,${name}\n${EVENT.ts},a,x,allow,y\n`);
    expect(problemsOf(csv)).toEqual([expect.stringContaining(`unknown column "${name}"`)]);
  });

  test("__proto__ in the place of any name or text of a transcript is read, or named", async () => {
    const fixtures = [
      "chat-lines.jsonl",
      "codex-fork.jsonl",
      "inspect-log.json",
      "swe-agent-run.traj",
      "otlp/gen-ai.jsonl",
    ];
    let tried = 0;
    for (const fixture of fixtures) {
      const text = readFileSync(fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url)), "utf8");
      for (const word of new Set(text.match(/"[\w.-]{1,40}"/g))) {
        const items = await read(text.replaceAll(word, '"__proto__"'));
        expect(items.length, `${fixture}: ${word}`).toBeGreaterThan(0);
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(200);
  });
});

describe("numbers that say how long a list is", () => {
  const chunk = (index: unknown, id: string) =>
    JSON.stringify({
      id: "c",
      object: "chat.completion.chunk",
      created: 1_700_000_000,
      model: "m",
      choices: [{ index: 0, delta: { tool_calls: [{ index, id, function: { name: "search", arguments: "{}" } }] } }],
    });

  test.each([1e9, 1e300, -1, 0.5, "1e9", "Infinity", "x", {}, []])(
    "%j is no place of a call, and no call is lost",
    async (index) => {
      const items = await read(`${chunk(0, "one")}\n${chunk(index, "two")}\n`, { format: "openai-chat" });
      expect(problemsOf(items)).toEqual([]);
      expect(eventsOf(items)).toHaveLength(2);
    },
  );

  test("a name that looks like one is not filled up to", () => {
    const parts = new Assembler();
    expect(() => parts.add("/trajectory/999999999", {}, [])).toThrow(Unreadable);
  });
});
