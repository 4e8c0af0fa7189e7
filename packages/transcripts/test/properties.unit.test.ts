import type { AuditEvent, JsonObject, JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventsOf, problemsOf, read, storeAll } from "./support/read.js";

/** A call and what it was answered with; without an answer it hangs. */
interface Step {
  readonly tool: string;
  readonly n: number;
  readonly answer: string | undefined;
  /** Seconds since the step before; absent when the source does not say. */
  readonly after: number | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  tool: fc.constantFrom("read", "write", "pay"),
  n: fc.nat(2),
  answer: fc.option(fc.constantFrom("ok", '{"a":1}', "failed"), { nil: undefined, freq: 5 }),
  after: fc.option(fc.nat(3), { nil: undefined, freq: 3 }),
});
const steps = fc.array(step, { minLength: 1, maxLength: 12 });

const START = Date.UTC(2026, 10, 5);

/** One session in each form; every one is an array of parts, of which the first ones are what was written earlier. */
const FORMS: Readonly<Record<string, (session: string, list: readonly Step[]) => string[]>> = {
  "openai-chat": (session, list) =>
    documents(session, list, (one, id) => [
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id, type: "function", function: { name: one.tool, arguments: `{"n":${one.n}}` } }],
      },
      ...(one.answer === undefined ? [] : [{ role: "tool", tool_call_id: id, content: one.answer }]),
    ]),
  anthropic: (session, list) =>
    documents(session, list, (one, id) => [
      { role: "assistant", content: [{ type: "tool_use", id, name: one.tool, input: { n: one.n } }] },
      ...(one.answer === undefined
        ? []
        : [{ role: "user", content: [{ type: "tool_result", tool_use_id: id, content: one.answer }] }]),
    ]),
  langchain: (session, list) =>
    documents(session, list, (one, id) => [
      { type: "ai", content: "", tool_calls: [{ id, name: one.tool, args: { n: one.n } }] },
      ...(one.answer === undefined ? [] : [{ type: "tool", tool_call_id: id, content: one.answer }]),
    ]),
  "openai-responses": (session, list) =>
    documents(session, list, (one, id) => [
      { type: "function_call", call_id: id, name: one.tool, arguments: `{"n":${one.n}}` },
      ...(one.answer === undefined ? [] : [{ type: "function_call_output", call_id: id, output: one.answer }]),
    ]),
  "responses that name the one before": (session, list) => {
    const lines = [...list, undefined].map((one, index) => {
      const before = list[index - 1];
      const input =
        before?.answer === undefined
          ? `go ${session}`
          : [{ type: "function_call_output", call_id: `call_${(index - 1) % 3}`, output: before.answer }];
      const previous_response_id = index === 0 ? null : `resp_${session}_${index - 1}`;
      const call = {
        type: "function_call",
        id: `fc_${session}_${index}`,
        call_id: `call_${index % 3}`,
        name: one?.tool ?? null,
        arguments: `{"n":${one?.n}}`,
      };
      const output = one === undefined ? [{ type: "message", role: "assistant", content: [] }] : [call];
      const response = { id: `resp_${session}_${index}`, object: "response", previous_response_id, output };
      return JSON.stringify({
        request: { model: "m", input },
        response: { ...response, created_at: START / 1000 + index },
      });
    });
    return lines.map((_, end) => lines.slice(0, end + 1).join("\n"));
  },
  "ai-sdk": (session, list) =>
    documents(session, list, (one, id) => [
      {
        role: "assistant",
        content: [{ type: "tool-call", toolCallId: id, toolName: one.tool, input: { n: one.n } }],
      },
      ...(one.answer === undefined
        ? []
        : [
            {
              role: "tool",
              content: [
                {
                  type: "tool-result",
                  toolCallId: id,
                  toolName: one.tool,
                  output: { type: "text", value: one.answer },
                },
              ],
            },
          ]),
    ]),
  "one message of the ai-sdk that grows": (session, list) => {
    const parts: JsonObject[] = [];
    const grown = list.flatMap(({ tool, n, answer }, index) => {
      const part = { type: `tool-${tool}`, toolCallId: `call_${index % 3}`, input: { n } };
      const states: JsonObject[] = [
        { ...part, state: "input-available" },
        ...(answer === undefined ? [] : [{ ...part, state: "output-available", output: answer }]),
      ];
      return states.map((state) => {
        parts[index] = state;
        return [...parts];
      });
    });
    return grown.map((some) =>
      JSON.stringify([
        { id: "u1", role: "user", parts: [{ type: "text", text: `go ${session}` }] },
        { id: "a1", role: "assistant", metadata: { createdAt: START }, parts: some },
      ]),
    );
  },
  "claude-code": (session, list) => {
    let at = START;
    const lines = list.flatMap((one, index) => {
      at += (one.after ?? 0) * 1000 + 1;
      const id = `toolu_${session}_${index}`;
      const line = (type: string, content: JsonValue) =>
        JSON.stringify({
          type,
          uuid: `${id}${type}`,
          sessionId: session,
          timestamp: new Date(at).toISOString(),
          message: { role: type, content },
        });
      const use = line("assistant", [{ type: "tool_use", id, name: one.tool, input: { n: one.n } }]);
      return one.answer === undefined
        ? [use]
        : [use, line("user", [{ type: "tool_result", tool_use_id: id, content: one.answer }])];
    });
    return lines.map((_, end) => lines.slice(0, end + 1).join("\n"));
  },
};

/** A document for each length of the list of messages. */
function documents(
  session: string,
  list: readonly Step[],
  toMessages: (one: Step, id: string) => JsonObject[],
): string[] {
  let at = START;
  const messages: JsonObject[] = [{ role: "user", content: `go ${session}` }];
  for (const [index, one] of list.entries()) {
    if (one.after !== undefined) at += one.after * 1000;
    const time = one.after === undefined ? {} : { timestamp: new Date(at).toISOString() };
    messages.push(...toMessages(one, `call_${index % 3}`).map((message) => ({ ...message, ...time })));
  }
  return messages.map((_, end) => JSON.stringify({ session_id: session, messages: messages.slice(0, end + 1) }));
}

/** Calls with all their answers: what a store says, whether an answer came with its call or later. */
function meaning(events: readonly AuditEvent[]): JsonValue[] {
  const calls = events.filter(({ action }) => action === "tool_call");
  return calls.map(({ eventId, ts, sessionId, payload }) => {
    const { result, ...call } = payload as JsonObject;
    const later = events
      .filter((event) => (event.payload as JsonObject).call === eventId)
      .map((event) => (event.payload as JsonObject).result ?? null);
    const answers = [...(result === undefined ? [] : [result]), ...later]
      .map((answer) => JSON.stringify(answer))
      .sort();
    return { eventId, ts: ts.toISOString(), sessionId: sessionId ?? null, call, answers } as JsonValue;
  });
}

const form = fc.constantFrom(...Object.keys(FORMS));

describe("whatever agents did, and in whichever form it was written", () => {
  test("importing twice is importing once", async () => {
    await fc.assert(
      fc.asyncProperty(form, steps, async (name, list) => {
        const source = (FORMS[name] as (typeof FORMS)[string])("session-1", list).at(-1) as string;
        const { reports, events } = await storeAll([source, source]);
        expect(reports[1]).toMatchObject({ inserted: 0, duplicates: reports[0]?.inserted, rejected: 0 });
        expect(meaning(events)).toHaveLength(list.length);
      }),
      { numRuns: 150 },
    );
  });

  test("importing a beginning, then the whole, is importing the whole", async () => {
    await fc.assert(
      fc.asyncProperty(form, steps, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), async (name, list, cuts) => {
        const grown = (FORMS[name] as (typeof FORMS)[string])("session-1", list);
        const beginnings = cuts
          .map((cut) => cut % grown.length)
          .toSorted((a, b) => a - b)
          .map((index) => grown[index] as string);
        const whole = grown.at(-1) as string;
        const { events } = await storeAll([...beginnings, whole]);
        expect(meaning(events)).toEqual(meaning((await storeAll([whole])).events));
      }),
      { numRuns: 200 },
    );
  });

  test("the order of the files does not matter", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(form, steps), { minLength: 2, maxLength: 4 }), async (files) => {
        const sources = files.flatMap(([name, list], index) => {
          const grown = (FORMS[name] as (typeof FORMS)[string])(`session-${index}`, list);
          return [grown[Math.floor(grown.length / 2)] as string, grown.at(-1) as string];
        });
        const forwards = await storeAll(sources);
        const backwards = await storeAll(sources.toReversed());
        expect(meaning(backwards.events)).toEqual(meaning(forwards.events));
      }),
      { numRuns: 60 },
    );
  });

  test("calls keep their order, and every id is stored or named", async () => {
    await fc.assert(
      fc.asyncProperty(form, steps, async (name, list) => {
        const source = (FORMS[name] as (typeof FORMS)[string])("session-1", list).at(-1) as string;
        const { events } = await storeAll([source]);
        const calls = events.filter(({ action }) => action === "tool_call").map(({ payload }) => payload as JsonObject);
        expect(calls.map(({ tool, arguments: args }) => [tool, args])).toEqual(
          list.map(({ tool, n }) => [tool, { n }]),
        );
      }),
      { numRuns: 100 },
    );
  });
});

test("whatever is done to a source, nothing throws, and nothing is stored that is not in it", async () => {
  const alphabet = fc.constantFrom(
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
      fc.array(fc.tuple(fc.nat(), fc.nat(8), alphabet), { maxLength: 4 }),
      async (name, list, edits) => {
        let source = (FORMS[name] as (typeof FORMS)[string])("session-1", list).at(-1) as string;
        for (const [at, length, text] of edits) {
          const start = at % (source.length + 1);
          source = source.slice(0, start) + text + source.slice(start + length);
        }
        // As it is in UTF-8, which has no lone surrogates.
        source = source.toWellFormed();
        const items = await read(source);
        if (eventsOf(items).length === 0) expect(problemsOf(items)).not.toEqual([]);
        for (const { payload } of eventsOf(items))
          expect(source).toContain(
            JSON.stringify((payload as JsonObject).tool)
              .slice(1, -1)
              .replace(/\\.*/s, ""),
          );
      },
    ),
    { numRuns: 400 },
  );
});
