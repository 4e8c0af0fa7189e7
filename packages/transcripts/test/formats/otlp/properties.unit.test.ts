import type { AuditEvent, JsonObject, JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Attributes, keyValues, log, logs, RECORDINGS, recording, span, traces } from "../../support/otlp.js";
import { eventsOf, problemsOf, read, storeAll } from "../../support/read.js";

const START = 1_795_000_000_000_000_000n;

/** A call as each convention has it. */
const CONVENTIONS: Readonly<
  Record<string, (tool: string, id: string, n: number, answer: string | undefined) => Attributes>
> = {
  genAi: (tool, id, n, answer) => ({
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": tool,
    "gen_ai.tool.call.id": id,
    "gen_ai.tool.call.arguments": `{"n":${n}}`,
    ...(answer === undefined ? { "error.type": "timeout" } : { "gen_ai.tool.call.result": answer }),
  }),
  mcp: (tool, id, n, answer) => ({
    "mcp.method.name": "tools/call",
    "gen_ai.tool.name": tool,
    "gen_ai.tool.call.id": id,
    "mcp.request.argument": `{"n":${n}}`,
    ...(answer === undefined ? {} : { "mcp.response.value": answer }),
  }),
  openInference: (tool, id, n, answer) => ({
    "openinference.span.kind": "TOOL",
    "tool.name": tool,
    "tool.id": id,
    "input.value": `{"n":${n}}`,
    ...(answer === undefined ? {} : { "output.value": answer }),
  }),
  aiSdk: (tool, id, n, answer) => ({
    "ai.operationId": "ai.toolCall",
    "ai.toolCall.name": tool,
    "ai.toolCall.id": id,
    "ai.toolCall.args": `{"n":${n}}`,
    ...(answer === undefined ? {} : { "ai.toolCall.result": answer }),
  }),
};

interface Step {
  readonly convention: string;
  readonly tool: string;
  readonly n: number;
  readonly answer: string | undefined;
  /** Nanoseconds since the step before. */
  readonly after: number;
  /** The model asked for the call in a span of its own. */
  readonly asked: boolean;
  readonly isLog: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  convention: fc.constantFrom(...Object.keys(CONVENTIONS)),
  tool: fc.constantFrom("read", "write", "pay"),
  n: fc.nat(2),
  answer: fc.option(fc.constantFrom("ok", '{"a":1}', "failed"), { nil: undefined, freq: 5 }),
  after: fc.constantFrom(0, 1, 999, 400_000, 5_000_000),
  asked: fc.boolean(),
  isLog: fc.boolean(),
});
const steps = fc.array(step, { minLength: 1, maxLength: 10 });

/** One request a line, as a Collector writes them. */
function linesOf(list: readonly Step[]): string[] {
  let at = START;
  return list.map((one, index) => {
    at += BigInt(one.after);
    const id = `call_${index}`;
    const time = { startTimeUnixNano: String(at), endTimeUnixNano: String(at + 1_500_000n) };
    if (one.isLog) {
      const attributes = {
        "event.name": "codex.tool_result",
        tool_name: one.tool,
        call_id: id,
        arguments: `{"n":${one.n}}`,
      };
      return JSON.stringify(logs([log({ ...attributes, output: one.answer ?? "" }, { timeUnixNano: String(at) })]));
    }
    const make = CONVENTIONS[one.convention] as (typeof CONVENTIONS)[string];
    const call = span(`execute_tool ${one.tool}`, make(one.tool, id, one.n, one.answer), {
      id: hex(2 * index + 1),
      ...time,
    });
    const parts = [{ type: "tool_call", id, name: one.tool, arguments: { n: one.n } }];
    const output = {
      "gen_ai.operation.name": "chat",
      "gen_ai.output.messages": JSON.stringify([{ role: "assistant", parts }]),
    };
    const model = span("chat", output, { id: hex(2 * index + 2), ...time });
    return JSON.stringify(traces(one.asked ? [call, model] : [call]));
  });
}

function hex(n: number): string {
  return n.toString(16).padStart(16, "0");
}

function plain(events: readonly AuditEvent[]): object[] {
  return events.map(({ recordedAt: _, ...event }) => event);
}

describe("whatever agents did, in whichever convention, span or log record", () => {
  test("importing twice is importing once, and every call id is stored", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const source = linesOf(list).join("\n");
        const { reports, events } = await storeAll([source, source]);
        expect(reports[1]).toMatchObject({ inserted: 0, duplicates: reports[0]?.inserted, rejected: 0 });
        const calls = events.filter(({ action }) => action === "tool_call").map(({ payload }) => payload as JsonObject);
        expect(calls.map(({ toolCallId }) => toolCallId).sort()).toEqual(
          list.map((_, index) => `call_${index}`).sort(),
        );
        for (const call of calls)
          expect(call.arguments).toEqual({ n: list[Number(String(call.toolCallId).slice(5))]?.n });
      }),
      { numRuns: 60 },
    );
  });

  test("importing a beginning, cut off anywhere, then the whole, is importing the whole", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), async (list, cuts) => {
        const whole = linesOf(list).join("\n");
        const beginnings = cuts.map((cut) => whole.slice(0, cut % whole.length));
        const { events } = await storeAll([...beginnings, whole]);
        expect(plain(events)).toEqual(plain((await storeAll([whole])).events));
      }),
      { numRuns: 60 },
    );
  });

  test("the order of the lines does not matter", async () => {
    const shuffled = steps.chain((list) =>
      fc.tuple(fc.constant(linesOf(list)), fc.shuffledSubarray(linesOf(list), { minLength: list.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([lines, others]) => {
        const [usual, other] = [await storeAll([lines.join("\n")]), await storeAll([others.join("\n")])];
        expect(plain(other.events)).toEqual(plain(usual.events));
      }),
      { numRuns: 60 },
    );
  });

  test("a call that only a model or its history speaks of is stored beside it, or named", async () => {
    const id = fc.stringMatching(/^call_[a-z0-9]{1,8}$/);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(id, { minLength: 1, maxLength: 4 }), fc.boolean(), async (ids, isOutput) => {
        const parts = ids.map((callId) => ({ type: "tool_call", id: callId, name: "pay", arguments: {} }));
        const name = isOutput ? "gen_ai.output.messages" : "gen_ai.input.messages";
        const attributes = { "gen_ai.operation.name": "chat", [name]: JSON.stringify([{ role: "assistant", parts }]) };
        const items = await read(JSON.stringify(traces([span("chat", attributes)])));
        const stored = JSON.stringify(eventsOf(items).map(({ payload }) => payload));
        const named = problemsOf(items).filter((text) => /a model asked for a call|speaks of a call/.test(text));
        expect(named).toHaveLength(ids.length);
        for (const callId of ids) expect(stored.includes(`"${callId}"`)).toBe(isOutput);
      }),
      { numRuns: 60 },
    );
  });
});

const LINES = RECORDINGS.flatMap((name) => recording(name).trim().split("\n"));
const ODD: readonly JsonValue[] = [
  null,
  true,
  -1,
  0.5,
  1e300,
  "",
  "x",
  "\0",
  "\ud800",
  "9".repeat(30),
  "[[[[",
  '{"id":1}',
  [],
  {},
  [[]],
  [null],
  [{}],
  { key: "x" },
  { intValue: "z" },
  { kvlistValue: { values: [{ key: "__proto__", value: { stringValue: "p" } }] } },
  { arrayValue: null },
];
const odd = fc.oneof(fc.constantFrom(...ODD), fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>);

interface Edit {
  readonly at: number;
  readonly value: JsonValue;
  readonly kind: "replace" | "remove" | "copy";
}
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  value: odd,
  kind: fc.constantFrom("replace", "remove", "copy"),
});

/** Changes one value somewhere in a document. */
function change(document: JsonValue, { at, value, kind }: Edit): void {
  const places: (readonly [JsonObject | JsonValue[], string | number])[] = [];
  const visit = (container: JsonValue): void => {
    if (typeof container !== "object" || container === null) return;
    for (const key of Object.keys(container)) {
      places.push([container, key]);
      visit((container as JsonObject)[key] as JsonValue);
    }
  };
  visit(document);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return;
  const [container, key] = place;
  const members = container as JsonObject;
  if (kind === "replace") members[key] = structuredClone(value);
  else if (kind === "copy" && Array.isArray(container)) container.push(structuredClone(members[key] as JsonValue));
  else if (Array.isArray(container)) container.splice(Number(key), 1);
  else delete members[key];
}

/** All text in a document, that in JSON within its text too. */
function textOf(value: JsonValue): string {
  if (typeof value === "string") {
    if (!/^\s*["[{]/.test(value)) return `${value}\n`;
    try {
      return `${value}\n${textOf(JSON.parse(value) as JsonValue)}`;
    } catch (error) {
      if (error instanceof SyntaxError) return `${value}\n`;
      throw error;
    }
  }
  if (typeof value !== "object" || value === null) return `${value}\n`;
  return Object.entries(value)
    .map(([key, inner]) => `${key}\n${textOf(inner as JsonValue)}`)
    .join("");
}

/** The text of what a reader stored as the source has it: without what it worked out. */
function storedText({ payload }: { readonly payload?: JsonValue }): string[] {
  const { span: about, timeAssumed: _, ...members } = payload as JsonObject;
  const { name = "", id = "", parent = "" } = (about ?? {}) as JsonObject;
  return [...textOf(members as JsonValue).split("\n"), ...textOf([name, id, parent]).split("\n")];
}

/** Names of members that the reader gives, and words that it chooses. */
const OWN = new Set(
  "tool arguments result toolCallId toolCalls id model usage input output total cacheRead cacheCreation costUsd durationMs decisionSource content role error event spanId source service scope schemaUrl attributes system user assistant true null 0 1 2".split(
    " ",
  ),
);

describe("whatever is done to what was recorded", () => {
  test("values that are changed: nothing throws, and nothing is stored that is not in the input", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...LINES),
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        async (line, edits) => {
          const document = JSON.parse(line) as JsonValue;
          for (const one of edits) change(document, one);
          const source = JSON.stringify(document);
          const items = await read(source);
          if (eventsOf(items).length === 0) expect(problemsOf(items)).not.toEqual([]);
          const input = textOf(document);
          const texts = eventsOf(items).flatMap(storedText);
          expect(texts.filter((text) => !OWN.has(text) && !input.includes(text))).toEqual([]);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test("and each event is stored, or refused with a reason that names it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...LINES),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        async (line, edits) => {
          const document = JSON.parse(line) as JsonValue;
          for (const one of edits) change(document, one);
          const source = JSON.stringify(document);
          const found = eventsOf(await read(source)).length;
          const { reports } = await storeAll([source, source]);
          const [{ inserted = 0, duplicates = 0, rejected = 0 } = {}, second] = reports;
          expect(inserted + duplicates + rejected).toBeGreaterThanOrEqual(found);
          expect(second?.inserted).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("text that is changed: nothing throws", async () => {
    const piece = fc.constantFrom(
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
      "1e999",
      "null",
      "\u2028",
      "\ud800",
      '"intValue":',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...LINES),
        fc.array(fc.tuple(fc.nat(), fc.nat(8), piece), { minLength: 1, maxLength: 4 }),
        async (line, edits) => {
          let source = line;
          for (const [at, length, text] of edits) {
            const start = at % (source.length + 1);
            source = source.slice(0, start) + text + source.slice(start + length);
          }
          const items = await read(source);
          if (eventsOf(items).length === 0) expect(problemsOf(items)).not.toEqual([]);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test("attributes that are nested deep, and many of them", async () => {
    let value: object = { stringValue: "x" };
    for (let depth = 0; depth < 30; depth++) value = { arrayValue: { values: [value] } };
    const deep = [...keyValues({ "gen_ai.tool.name": "t" }), { key: "gen_ai.tool.call.arguments", value }];
    const many = keyValues(
      Object.fromEntries(
        Array.from({ length: 5000 }, (_, index) => [`gen_ai.completion.${index}.tool_calls.0.id`, "c"]),
      ),
    );
    const items = await read(
      JSON.stringify(
        traces([
          span("x", {}, { attributes: deep }),
          span("chat", {}, { id: hex(2), attributes: [...keyValues({ "gen_ai.operation.name": "chat" }), ...many] }),
        ]),
      ),
    );
    expect(eventsOf(items)).toHaveLength(2);
  });
});
