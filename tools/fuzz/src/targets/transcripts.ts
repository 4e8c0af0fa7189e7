import type { JsonValue } from "@agent-assembly/storage-core";
import { readTranscript, TRANSCRIPT_FORMATS, type TranscriptFormat } from "@agent-assembly/transcripts";
import fc from "fast-check";
import { oddText } from "../support/junk.js";
import { type Changes, changed, changes } from "../support/mutate.js";
import { leavesOf, Source } from "../support/source.js";
import { SAMPLES, TABLES } from "../support/transcripts.js";
import { defineTarget } from "../target.js";

interface Input {
  readonly format: TranscriptFormat;
  readonly named: boolean;
  readonly bytes: Uint8Array;
}

const NUMBERS = ["1e400", "-0", "1.0", "12345678901234567890", "0.1234567890123456789", "-1", "1e-400", "99999"];

/** What may stand in place of any part of a document. */
const part: fc.Arbitrary<JsonValue | { readonly raw: string }> = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, 0, 7.25, "", "odd", [], {}, [[]], [{}], "1e400", "2024-01-01 10:00:00,123"),
  fc.constantFrom<JsonValue>("tool", "assistant", "function_call", "tool_use", "tool_result", "event", "constructor"),
  fc.constantFrom<JsonValue>({ role: "tool", content: "extra" }, [
    { type: "tool_use", id: "x", name: "extra", input: 5 },
  ]),
  fc.constantFrom(...NUMBERS).map((raw) => ({ raw })),
  oddText,
);
const edits = fc.array(fc.tuple(fc.nat(), fc.option(part)), { maxLength: 4 });

const input: fc.Arbitrary<Input> = fc.constantFrom(...TRANSCRIPT_FORMATS).chain((format) => {
  const text =
    format === "csv"
      ? fc.constantFrom(...TABLES)
      : fc.tuple(fc.constantFrom(...SAMPLES[format]), edits, fc.boolean()).map(([documents, list, pretty]) => {
          const edited = list.reduce<JsonValue>((values, [at, by]) => editedAt(values, at, by), [
            ...documents,
          ] as JsonValue);
          const values = Array.isArray(edited) ? edited : [edited];
          return values.map((value) => JSON.stringify(value, undefined, pretty ? 1 : undefined)).join("\n");
        });
  return fc.record({
    format: fc.constant(format),
    named: fc.boolean(),
    bytes: fc
      .tuple(text, fc.option(changes, { freq: 1 }))
      .map(([one, list]) => bytesOf(one.replaceAll(/"\\u0000raw ([^"]*)"/g, "$1"), list)),
  });
});

/** Each format's sources, changed; everything that is stored has to be in the source. */
export const transcripts = defineTarget<Input>(async () => ({
  input,
  async enter({ format, named, bytes }) {
    const items = readTranscript(once(bytes), named ? { format } : {});
    let found = 0;
    let texts: Source | undefined;
    for await (const item of items) {
      found++;
      if ("problem" in item) continue;
      texts ??= new Source(bytes);
      const { payload, agentId, action } = item.event;
      for (const leaf of [agentId, action, payload].flatMap((member) => leavesOf((member ?? null) as JsonValue))) {
        if (!texts.has(leaf)) throw new Error(`${format}: ${JSON.stringify(leaf)} is stored, and is not in the source`);
      }
      if (item.answer !== undefined) leavesOf(item.answer.payload ?? null);
    }
    if (found === 0) throw new Error(`${format}: nothing was found, and nothing is said`);
  },
  close: async () => undefined,
}));

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(bytes);
}

function bytesOf(text: string, list: Changes | null): Uint8Array {
  const bytes = Buffer.from(text);
  return list === null ? bytes : changed(bytes, list);
}

function editedAt(value: JsonValue, at: number, by: JsonValue | { readonly raw: string } | null): JsonValue {
  const paths: (string | number)[][] = [];
  const walk = (inner: JsonValue, path: (string | number)[]): void => {
    if (path.length > 0) paths.push(path);
    if (typeof inner !== "object" || inner === null) return;
    for (const [key, member] of Object.entries(inner)) {
      walk(member as JsonValue, [...path, Array.isArray(inner) ? Number(key) : key]);
    }
  };
  walk(value, []);
  const path = paths[at % Math.max(1, paths.length)];
  if (path === undefined) return value;
  const copy = structuredClone(value);
  let inner = copy as Record<string | number, JsonValue>;
  for (const key of path.slice(0, -1)) inner = inner[key] as Record<string | number, JsonValue>;
  const last = path.at(-1) as string | number;
  if (by === null) Array.isArray(inner) ? inner.splice(Number(last), 1) : delete inner[last];
  // Text that JSON.stringify would write in another way.
  else inner[last] = isRaw(by) ? `\u0000raw ${by.raw}` : by;
  return copy;
}

function isRaw(value: JsonValue | { readonly raw: string }): value is { readonly raw: string } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && typeof value.raw === "string";
}
