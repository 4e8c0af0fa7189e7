import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { storeTranscript, TRANSCRIPT_FORMATS, TranscriptFollower, type TranscriptItem } from "../src/index.js";
import { FORMS, type Form, idOf, meaning, type Step, steps, textOf } from "./support/forms.js";
import { eventsOf, formatsOf, problemsOf, read, storeAll, stored } from "./support/read.js";

const grownTexts = (form: Form, session: number, list: readonly Step[]): string[] =>
  form.grown(session, list).map((values) => textOf(form, values));
const wholeOf = (form: Form, session: number, list: readonly Step[]): string =>
  grownTexts(form, session, list).at(-1) as string;

describe.each(TRANSCRIPT_FORMATS)("%s: whatever agents did", (format) => {
  const form = FORMS[format];
  const check = (runs: number, property: fc.IAsyncProperty<never> | fc.IAsyncProperty<unknown>) =>
    fc.assert(property as fc.IAsyncProperty<unknown>, { numRuns: runs });

  test("the format is recognised, and every id is stored with its call, its answer and its place", async () => {
    await check(
      30,
      fc.asyncProperty(steps, async (list) => {
        const items = await read(wholeOf(form, 1, list));
        expect(formatsOf(items)).toEqual([format]);
        expect(problemsOf(items).filter((problem) => !problem.startsWith("left_out"))).toEqual([]);
        const found = eventsOf(items).map(({ payload }) => payload as JsonObject);
        const inOrder = found.toSorted((a, b) => placeIn(a) - placeIn(b));
        const answerOf = (answer: string | undefined): JsonValue | undefined =>
          answer?.startsWith("{") && !["jsonl", "csv"].includes(format) ? (JSON.parse(answer) as JsonValue) : answer;
        expect(
          inOrder.map(({ tool, arguments: args, toolCallId, result }) => [tool, args, toolCallId, result ?? undefined]),
        ).toEqual(list.map(({ tool, n, answer }, index) => [tool, { n }, idOf(1, index), answerOf(answer)]));
        if (form.decides !== true) return;
        const decisions = eventsOf(items).map(({ decision, payload }) => [placeIn(payload as JsonObject), decision]);
        expect(Object.fromEntries(decisions)).toEqual({ ...list.map(({ decided }) => decisionOf(decided)) });
      }),
    );
  });

  test("importing twice is importing once", async () => {
    await check(
      20,
      fc.asyncProperty(steps, async (list) => {
        const source = wholeOf(form, 1, list);
        const { reports, events } = await storeAll([source, source]);
        expect(reports[1]).toMatchObject({ inserted: 0, duplicates: reports[0]?.inserted, rejected: 0 });
        expect(meaning(events)).toHaveLength(list.length);
      }),
    );
  });

  test("importing beginnings, some cut off in a line, then the whole, is importing the whole", async () => {
    await check(
      30,
      fc.asyncProperty(steps, fc.array(fc.nat(), { maxLength: 3 }), fc.nat(), async (list, cuts, half) => {
        const grown = grownTexts(form, 1, list);
        const whole = grown.at(-1) as string;
        const torn = form.grows === "by lines" ? [whole.slice(0, half % whole.length)] : [];
        const { events } = await storeAll([...cuts.map((cut) => grown[cut % grown.length] as string), ...torn, whole]);
        expect(meaning(events)).toEqual(meaning((await storeAll([whole])).events));
      }),
    );
  });

  test("the order of the files does not matter", async () => {
    await check(
      15,
      fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 3 }), async (lists) => {
        const sources = lists.flatMap((list, session) => {
          const grown = grownTexts(form, session, list);
          return [grown[Math.floor(grown.length / 2)] as string, grown.at(-1) as string];
        });
        const forwards = await storeAll(sources);
        const backwards = await storeAll(sources.toReversed());
        expect(meaning(backwards.events)).toEqual(meaning(forwards.events));
      }),
    );
  });

  const growing = form.grows !== "as a whole";
  if (growing)
    test("followed in pieces, with pauses anywhere and a new start, it is the whole", async () => {
      await check(
        30,
        fc.asyncProperty(steps, fc.array(fc.nat(), { maxLength: 6 }), fc.nat(), async (list, cuts, restart) => {
          const lines = form.grows === "by lines" ? [wholeOf(form, 1, list)] : grownTexts(form, 1, list);
          const bytes = Buffer.from(`${lines.join("\n")}\n`);
          const ends = [...cuts.map((cut) => cut % bytes.length), bytes.length].toSorted((a, b) => a - b);
          const storage = await openMemoryStorage();
          const feed = async (until: readonly number[]): Promise<void> => {
            const follower = new TranscriptFollower();
            let start = 0;
            for (const end of until) {
              const items = [...follower.feed(bytes.subarray(start, end)), ...follower.pause()];
              await storeTranscript(storage.audit, later(items));
              start = end;
            }
            await storeTranscript(storage.audit, later([...follower.end()]));
          };
          await feed(ends.slice(0, restart % ends.length));
          await feed(ends);
          expect(meaning(await stored(storage.audit))).toEqual(meaning((await storeAll([bytes])).events));
          await storage.close();
        }),
      );
    });
  else
    test("it is not followed, and says why", () => {
      expect(() => new TranscriptFollower({ format })).toThrow(`a source of ${format} is read when it is complete`);
      const follower = new TranscriptFollower();
      const items = [...follower.feed(Buffer.from(`${wholeOf(form, 1, [STEP])}\n`)), ...follower.end()];
      expect([eventsOf(items), problemsOf(items)]).toEqual([[], [expect.stringContaining("not_followed")]]);
      expect(follower.refusal).toContain(format);
    });
});

const STEP: Step = { tool: "read", n: 1, answer: "ok", decided: undefined };

async function* later(items: readonly TranscriptItem[]): AsyncGenerator<TranscriptItem> {
  yield* items;
}

function decisionOf(decided: boolean | undefined): string {
  if (decided === undefined) return "observed";
  return decided ? "allow" : "deny";
}

function placeIn({ toolCallId }: JsonObject): number {
  return Number(String(toolCallId).split("-")[2]);
}

const alphabet = fc.constantFrom(
  ...['"', "{", "}", "[", "]", ",", ":", "\n", "\0", "\\", "x", "1e999", "null", "\u2028", "\ud800"],
);

test.each(TRANSCRIPT_FORMATS)(
  "%s: whatever is done to the text, nothing throws or is lost in silence",
  async (format) => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.array(fc.tuple(fc.nat(), fc.nat(8), alphabet), { maxLength: 4 }),
        async (list, edits) => {
          let source = wholeOf(FORMS[format], 1, list);
          for (const [at, length, text] of edits) {
            const start = at % (source.length + 1);
            source = source.slice(0, start) + text + source.slice(start + length);
          }
          const items = await read(source);
          if (eventsOf(items).length === 0) expect(problemsOf(items)).not.toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  },
);
