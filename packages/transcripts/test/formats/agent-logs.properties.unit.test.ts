import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FORMS, type Step, steps, textOf as textOfForm } from "../support/forms.js";
import { eventsOf, problemsOf, read } from "../support/read.js";

const LOGS = ["codex", "inspect", "swe-agent", "openai-responses", "ai-sdk"] as const;
type Log = (typeof LOGS)[number];

const form = fc.constantFrom(...LOGS);
const grownOf = (name: Log, session: number, list: readonly Step[]) => FORMS[name].grown(session, list);
const textOf = (values: readonly JsonValue[]) => textOfForm(FORMS.codex, values);

/** Where something stands in a value. */
type Path = readonly (string | number)[];

function pathsIn(value: JsonValue, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...members.flatMap(([key, member]) => pathsIn(member as JsonValue, [...at, key]))];
}

function replaced(value: JsonValue, [key, ...rest]: Path, by: JsonValue | undefined): JsonValue | undefined {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.flatMap((member, index) => (index === key ? (replaced(member, rest, by) ?? []) : [member]));
  }
  const entries = Object.entries(value as JsonObject).flatMap(([name, member]) => {
    const next = name === key ? replaced(member, rest, by) : member;
    return next === undefined ? [] : [[name, next] as const];
  });
  return Object.fromEntries(entries);
}

/** Texts and numbers in a value, however deep. */
function leavesOf(value: JsonValue): (string | number)[] {
  if (typeof value === "string" || typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : [];
}

/** What the readers name themselves: tools that are kinds of items, and who decided. */
const NAMES = ["bash", "guardian", "user", "rule", "hook", "human", "approval", "exec_command", "apply_patch"];

const junk: fc.Arbitrary<JsonValue | undefined> = fc.oneof(
  fc.constantFrom<JsonValue | undefined>(undefined, null, true, 7, "", "odd", [], {}, [[]], [null], [{}]),
  fc.constantFrom<JsonValue>(
    "function_call_output",
    "custom_tool_call",
    "local_shell_call",
    "mcp_approval_response",
    "tool-approval-response",
    "tool-call",
    "exec_command_end",
    "compacted",
    "tool",
    "model",
    "attachment://x",
    "1e400",
  ),
  fc.constantFrom<JsonValue>({ type: "function_call", name: "extra", arguments: "{", call_id: "call-x" }, [
    { role: "tool", tool_call_id: "call-x", content: [{ type: "text", text: "extra" }] },
  ]),
);

test("whatever is put in place of parts of a log, nothing throws, and nothing is stored that is not in it", async () => {
  await fc.assert(
    fc.asyncProperty(
      form,
      steps,
      fc.array(fc.tuple(fc.nat(), junk), { minLength: 1, maxLength: 5 }),
      async (name, list, edits) => {
        let values: JsonValue = grownOf(name, 1, list).at(-1) as JsonValue[];
        for (const [which, by] of edits) {
          const paths: readonly Path[] = pathsIn(values).slice(1);
          const path: Path | undefined = paths[which % Math.max(1, paths.length)];
          if (path !== undefined) values = replaced(values, path, by) ?? [];
        }
        const source = textOf(values as JsonValue[]);
        const items = await read(source, { format: name as "codex" });
        if (eventsOf(items).length === 0) expect(problemsOf(items)).not.toEqual([]);
        // A part that is stored whole has texts in it that are JSON themselves.
        const told = source + source.replaceAll('\\"', '"');
        for (const { payload } of eventsOf(items)) {
          const {
            tool,
            arguments: args,
            result = null,
            toolCallId = null,
            error = null,
            call: _,
            ...more
          } = payload as JsonObject;
          for (const leaf of [tool, args, result, toolCallId, error, more].flatMap((part) => leavesOf(part ?? null))) {
            if (!NAMES.includes(String(leaf))) expect(told).toContain(String(leaf));
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
}, 300_000);

test("whatever is done to the text of a log, nothing throws", async () => {
  const marks = fc.constantFrom(
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\0",
    "\\",
    "x",
    "1e999",
    "null",
    "\u2028",
    "\ud800",
  );
  await fc.assert(
    fc.asyncProperty(
      form,
      steps,
      fc.array(fc.tuple(fc.nat(), fc.nat(8), marks), { minLength: 1, maxLength: 4 }),
      async (name, list, edits) => {
        let source = textOf(grownOf(name, 1, list).at(-1) as JsonValue[]);
        for (const [at, length, text] of edits) {
          const start = at % (source.length + 1);
          source = source.slice(0, start) + text + source.slice(start + length);
        }
        const items = await read(source);
        if (eventsOf(items).length === 0) expect(problemsOf(items)).not.toEqual([]);
      },
    ),
    { numRuns: 1000 },
  );
}, 300_000);
