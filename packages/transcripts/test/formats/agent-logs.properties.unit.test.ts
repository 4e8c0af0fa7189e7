import type { AuditEvent, JsonObject, JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventsOf, problemsOf, read, storeAll } from "../support/read.js";

/** A call, what it was answered with, and what was decided; without an answer it hangs. */
interface Step {
  readonly tool: string;
  readonly n: number;
  readonly answer: string | undefined;
  readonly decided: boolean | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  tool: fc.constantFrom("read", "write", "pay"),
  n: fc.nat(2),
  answer: fc.option(fc.constantFrom("ok", "failed", "it said no"), { nil: undefined, freq: 5 }),
  decided: fc.option(fc.boolean(), { nil: undefined, freq: 2 }),
});
const steps = fc.array(step, { minLength: 1, maxLength: 10 });

const SESSION = "019a0c5e-1c80-7abc-8def-00000000000";
const time = (index: number) => new Date(Date.UTC(2026, 10, 5, 9, 0, index)).toISOString();
const idOf = (session: number, index: number) => `call-${session}-${index}`;

/** One session in each format: the values that a file holds, of which the first ones are what was written earlier. */
const FORMS: Readonly<Record<string, (session: number, list: readonly Step[]) => JsonValue[][]>> = {
  codex: (session, list) => {
    const line = (index: number, type: string, payload: JsonObject) => ({ timestamp: time(index), type, payload });
    const lines = [
      line(0, "session_meta", { id: `${SESSION}${session}`, timestamp: time(0), cwd: "/app", source: "cli" }),
      ...list.flatMap(({ tool, n, answer, decided }, index) => {
        const call_id = idOf(session, index);
        const status = decided === true ? "approved" : "denied";
        return [
          line(index, "response_item", { type: "function_call", name: tool, arguments: `{"n":${n}}`, call_id }),
          ...(decided === undefined
            ? []
            : [line(index, "event_msg", { type: "guardian_assessment", id: "g", target_item_id: call_id, status })]),
          ...(answer === undefined
            ? []
            : [line(index, "response_item", { type: "function_call_output", call_id, output: answer })]),
        ];
      }),
    ];
    return lines.map((_, end) => lines.slice(0, end + 1));
  },
  inspect: (session, list) => {
    const events = list.flatMap(({ tool, n, answer, decided }, index) => {
      const call = { id: idOf(session, index), function: tool, arguments: { n } };
      const decision = decided === true ? "approve" : "reject";
      return [
        ...(decided === undefined
          ? []
          : [{ event: "approval", timestamp: time(index), call, approver: "human", decision }]),
        {
          event: "tool",
          timestamp: time(index),
          ...call,
          ...(answer === undefined ? { pending: true } : { result: answer, completed: time(index) }),
        },
      ];
    });
    const spec = { task: "t", model: "m", dataset: {}, eval_id: "e" };
    const log = (end: number): JsonValue[] => [
      {
        version: 2,
        eval: spec,
        samples: [
          { id: 1, epoch: 1, uuid: `${SESSION}${session}`, target: "x", messages: [], events: events.slice(0, end) },
        ],
      },
    ];
    return events.map((_, index) => log(index + 1));
  },
  "swe-agent": (session, list) => {
    const history: JsonObject[] = [
      { role: "user", content: `go ${session}`, agent: "main", message_type: "observation" },
      ...list.flatMap(({ tool, n, answer }, index) => {
        const id = idOf(session, index);
        const calls = [{ id, type: "function", function: { name: tool, arguments: `{"n":${n}}` } }];
        return [
          { role: "assistant", content: "", agent: "main", message_type: "action", action: tool, tool_calls: calls },
          ...(answer === undefined
            ? []
            : [{ role: "tool", content: answer, agent: "main", message_type: "observation", tool_call_ids: [id] }]),
        ];
      }),
    ];
    return history
      .map((_, end): JsonValue[] => [
        { trajectory: [], history: history.slice(0, end + 1), info: {}, replay_config: null, environment: "e" },
      ])
      .slice(1);
  },
};

const form = fc.constantFrom(...Object.keys(FORMS));
const grownOf = (name: string, session: number, list: readonly Step[]) =>
  (FORMS[name] as (typeof FORMS)[string])(session, list);
const textOf = (values: readonly JsonValue[]) => values.map((value) => JSON.stringify(value)).join("\n");

/** Calls with all their answers: what a store says, whether an answer came with its call or later. */
function meaning(events: readonly AuditEvent[]): JsonValue[] {
  return events
    .filter(({ action }) => action === "tool_call")
    .map(({ eventId, ts, sessionId, payload }) => {
      const { tool, arguments: args, toolCallId, result } = payload as JsonObject;
      const answers = events
        .filter((event) => (event.payload as JsonObject).call === eventId)
        .map((event) => (event.payload as JsonObject).result)
        .concat(result ?? [])
        .map((answer) => JSON.stringify(answer))
        .sort();
      return {
        eventId,
        ts: ts.toISOString(),
        sessionId: sessionId ?? null,
        tool,
        args,
        toolCallId,
        answers,
      } as JsonValue;
    });
}

describe("whatever agents did, and in whichever log it was written", () => {
  test("each call is stored with its id, its answer and its order; importing again adds nothing", async () => {
    await fc.assert(
      fc.asyncProperty(form, steps, async (name, list) => {
        const source = textOf(grownOf(name, 1, list).at(-1) as JsonValue[]);
        const { reports, events } = await storeAll([source, source]);
        expect(reports[1]).toMatchObject({ inserted: 0, duplicates: reports[0]?.inserted, rejected: 0 });
        const calls = events.map(({ payload }) => payload as JsonObject);
        const expected = list.map(({ tool, n, answer }, index) => [tool, { n }, idOf(1, index), answer]);
        const found = calls.map(({ tool, arguments: args, toolCallId, result }) => [tool, args, toolCallId, result]);
        // Calls without answers are known to be so at the end of the source, and are stored in the order of their times.
        const sorted = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();
        expect(sorted(found)).toEqual(sorted(expected));
      }),
      { numRuns: 200 },
    );
  });

  test("importing a beginning, then the whole, is importing the whole", async () => {
    await fc.assert(
      fc.asyncProperty(form, steps, fc.nat(), fc.nat(), async (name, list, cut, half) => {
        const grown = grownOf(name, 1, list);
        const whole = textOf(grown.at(-1) as JsonValue[]);
        const beginning = textOf(grown[cut % grown.length] as JsonValue[]);
        // A session that is still written ends anywhere.
        const torn = name === "codex" ? whole.slice(0, half % whole.length) : beginning;
        const { events } = await storeAll([torn, beginning, whole]);
        expect(meaning(events)).toEqual(meaning((await storeAll([whole])).events));
      }),
      { numRuns: 200 },
    );
  });

  test("the order of the files does not matter", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(form, steps), { minLength: 2, maxLength: 4 }), async (files) => {
        const sources = files.flatMap(([name, list], session) => {
          const grown = grownOf(name, session, list);
          return [grown[Math.floor(grown.length / 2)] as JsonValue[], grown.at(-1) as JsonValue[]].map(textOf);
        });
        const forwards = await storeAll(sources);
        const backwards = await storeAll(sources.toReversed());
        expect(meaning(backwards.events)).toEqual(meaning(forwards.events));
      }),
      { numRuns: 60 },
    );
  });
});

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
            if (!NAMES.includes(String(leaf))) expect(source).toContain(String(leaf));
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
}, 120_000);

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
}, 120_000);
