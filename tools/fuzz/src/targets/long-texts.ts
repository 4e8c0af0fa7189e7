import { rmSync } from "node:fs";
import { join } from "node:path";
import { redactConfig } from "@agent-assembly/storage";
import { maskSecrets, parseExactJson, safeCause } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import fc from "fast-check";
import { commandLine } from "../support/command-line.js";
import { answered } from "../support/refusal.js";
import { NOW } from "../support/stores.js";
import { defineTarget } from "../target.js";

/** Work in proportion to this takes a fraction of a second; to its square, longer than the watchdog waits. */
const LENGTH = 500_000;

/** What is said again and again: parts of which a text holds one, and of which a pattern asks for several in a row. */
const UNITS = [
  ..."a1 \t\n\u0000-_./\\'\"()[]{}:=,;@%*~$",
  "\ufeff",
  "\ud800",
  "\u202e",
  "\uE0FF",
  "\r\n",
  "00",
  "0.",
  "a.",
  "a-",
  "a=",
  "a: ",
  "a@",
  "://",
  "a://b@",
  "pass",
  "password=",
  "token='",
  '\\"',
  '""',
  "--",
  "/*",
  "tool",
  "_tool",
  "tool_use",
  "message",
  "data:",
  "\n ",
  " \n",
  '{"a":',
  "[1e999,",
  "1e999,",
  '"a",',
  "&a ",
  "*a ",
  "? ",
  "- ",
  "notifications/",
  "/list",
  "Error: ",
  "2024-01-01T",
] as const;
const ENDS = ["", "!", "\u0001", "1", '"', "\n"] as const;
const STARTS = ["", "1", '"', "[", '{"a":"', "a: ", "a: 1", "x\n", "-", "2024-01-01T00:00:00."] as const;

const EVENT = { ts: new Date(NOW).toISOString(), agentId: "agent-1", action: "tool_call", decision: "allow" };

interface Input {
  readonly place: string;
  readonly start: string;
  readonly unit: string;
  readonly end: string;
}

/** One long text wherever text comes in: the work must follow its length, also where it nearly fits a pattern. */
export const longTexts = defineTarget<Input>(async ({ folder }) => {
  const store = openMemoryStorage();
  const aasm = await commandLine(folder);
  const imported = (format: string, text: string) =>
    aasm(["audit", "import", "-", "--format", format], Buffer.from(text));
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const log = (name: string, text: string) =>
    JSON.stringify({
      resourceLogs: [
        {
          scopeLogs: [
            {
              logRecords: [
                { timeUnixNano: `${NOW}000000`, attributes: [attribute("event.name", name), attribute(text, text)] },
              ],
            },
          ],
        },
      ],
    });
  const chat = (name: string, text: string) =>
    JSON.stringify({
      model: "m",
      created: 1_700_000_000,
      messages: [
        { role: "assistant", content: text, tool_calls: [{ id: "c1", function: { name, arguments: text } }] },
        { role: "tool", tool_call_id: "c1", content: [{ type: text, text }] },
      ],
    });
  const places: Readonly<Record<string, (text: string) => unknown>> = {
    "a message": (text) => [
      maskSecrets(text),
      safeCause(new Error(text)),
      redactConfig({ a: text, storage: { options: { [text]: text } } }),
    ],
    JSON: (text) => parseExactJson(text),
    YAML: (text) => store.policies.save({ name: "a", source: text }, { actor: "a" }),
    "a policy in JSON": (text) => store.policies.save({ name: "a", source: text, format: "json" }, { actor: "a" }),
    "a filter": (text) => store.audit.query({ payload: { [`/${text}`]: text }, agentId: text } as never),
    "a position": (text) => store.audit.query({}, { cursor: text }),
    "an event": (text) => store.audit.append([{ ...EVENT, ts: new Date(NOW), payload: { [text]: text } }]),
    "the name of an agent": (text) => store.agents.register({ agentId: text, metadata: { [text]: text } }),
    "an option": (text) => aasm(["audit", "query", "--from", text, "--agent", text]),
    "an unknown option": (text) => aasm([`--${text}`]),
    "a bucket": (text) => aasm(["audit", "summarize", "--bucket", text]),
    "an interval of metrics": (text) => aasm(["metrics", "query", text, "--by", text]),
    JSONL: (text) => imported("jsonl", text),
    "JSONL, in a line": (text) => imported("jsonl", `${JSON.stringify({ ...EVENT, ts: text, payload: text })}\n`),
    CSV: (text) => imported("csv", `ts,agentId,action,decision,payload\n${EVENT.ts},agent-1,tool_call,allow,${text}\n`),
    "a chat": (text) => imported("auto", text),
    "a call in a chat": (text) => imported("openai-chat", chat("search", text)),
    "the name of a tool": (text) => imported("openai-chat", chat(text, "{}")),
    "a log of OpenTelemetry": (text) => imported("otlp-json", log("tool_result", text)),
    "the name of a log": (text) => imported("otlp-json", log(text, "")),
  };
  return {
    input: fc.record({
      place: fc.constantFrom(...Object.keys(places)),
      start: fc.constantFrom(...STARTS),
      unit: fc.constantFrom(...UNITS),
      end: fc.constantFrom(...ENDS),
    }),
    async enter({ place, start, unit, end }) {
      const text = start + unit.repeat(Math.floor(LENGTH / unit.length)) + end;
      await answered(place, () => places[place]?.(text));
      // A store that grows would be what is measured.
      rmSync(join(folder, ".aasm"), { recursive: true, force: true });
    },
    close: () => store.close(),
  };
});
