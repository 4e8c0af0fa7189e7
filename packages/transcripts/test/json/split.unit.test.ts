import type { JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDocuments } from "../../src/json/read-documents.js";
import { bytes, collect } from "../support/read.js";

const documents = (text: string, partLength?: number, size = 7) =>
  collect(readDocuments(bytes(text, size), partLength === undefined ? {} : { partLength }));

/** The leaves of a value with their pointers, which do not depend on where a document was cut. */
function leaves(value: JsonValue, pointer = ""): string[] {
  if (typeof value !== "object" || value === null) return [`${pointer}=${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, member]) =>
    leaves(member, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
  );
}

describe("documents over several lines", () => {
  test("a large one is read in parts: all containers, with their pointers and what is around them", async () => {
    const doc = {
      id: "s",
      list: [{ a: 1, pad: "x".repeat(40) }, [2, { "k/~": ']}{[\\",' }]],
      n: 3,
      last: { z: "\u2028" },
    };
    const parts = await documents(JSON.stringify(doc, null, 1), 100);
    expect(parts).toMatchObject([
      { value: { a: 1, pad: "x".repeat(40) }, pointer: "/list/0", line: 4, around: [{ id: "s" }] },
      { value: [2, { "k/~": ']}{[\\",' }], pointer: "/list/1", line: 8, around: [{ id: "s" }] },
      { value: { z: "\u2028" }, pointer: "/last", around: [{ id: "s", n: 3 }] },
    ]);
  });

  test("wherever it is cut, nothing in a container is lost or changed", async () => {
    const value = fc.jsonValue({ maxDepth: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(value), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 20, max: 400 }),
        fc.integer({ min: 1, max: 50 }),
        async (doc, partLength, size) => {
          const text = JSON.stringify([doc], null, 1);
          const parts = await documents(text, Math.max(partLength, longestScalar(doc)), size);
          const found = parts.flatMap((part) =>
            "value" in part ? leaves(part.value, part.pointer) : [`problem ${part.problem}`],
          );
          const all = new Set(leaves([JSON.parse(JSON.stringify(doc)) as JsonValue]));
          expect(found.filter((leaf) => !all.has(leaf))).toEqual([]);
          // Plain items of a list that is read in parts are no documents; everything else is found.
          if (parts.length === 1 && parts[0]?.pointer === "") expect(new Set(found)).toEqual(all);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("several follow each other", async () => {
    const parts = await documents('{\n"a": 1}\n{\n"b": 2}\n[\n3]');
    expect(parts).toMatchObject([
      { value: { a: 1 }, line: 1 },
      { value: { b: 2 }, line: 3 },
      { value: [3], line: 5 },
    ]);
  });

  test.each([
    ['{\n"a": [1, 2}', "ends too early"],
    ['{\n"a": 1', "ends too early"],
    ['{\n"a": "x', "ends too early"],
    ["{\n}}", "is not valid JSON in line 2"],
    ['{\n"a": 01}', "is not valid JSON in line 2"],
  ])("%j has a mistake, and its line is named", async (text, message) => {
    expect((await documents(text)).at(-1)).toMatchObject({ problem: expect.stringContaining(message) });
  });

  test("a single message that is too large is an error: its parts alone would say something else", async () => {
    const text = `{\n"messages": [{"role": "assistant", "a": "${"x".repeat(60)}", "b": "${"y".repeat(60)}"}]}`;
    expect((await documents(text, 100)).at(-1)).toMatchObject({
      problem: expect.stringContaining("a message longer than"),
    });
  });

  test("a member that occurs twice in a document that is read in parts is an error", async () => {
    const text = `{\n"a": [${'"x",'.repeat(30)}1],\n"a": 2}`;
    expect((await documents(text, 50)).at(-1)).toMatchObject({
      problem: expect.stringContaining("names a member twice"),
    });
  });

  test("brackets without an end are an error, not a stack overflow", async () => {
    expect(await documents("[\n".repeat(100_000), 1000, 10_000)).toMatchObject([
      { problem: expect.stringContaining("nested too deep") },
    ]);
  });
});

describe("lines", () => {
  test("a first line that was cut off in a string takes nothing with it", async () => {
    expect(await documents('{"type":"us\n{"a":1}\n')).toMatchObject([
      { line: 1, problem: expect.stringContaining("ends too early") },
      { line: 2, value: { a: 1 }, isLine: true },
    ]);
  });

  test("a first line that is no JSON takes nothing with it", async () => {
    expect(await documents('{"a":tru}\n{"a":1}\n')).toMatchObject([
      { problem: expect.any(String) },
      { value: { a: 1 } },
    ]);
  });
});

function longestScalar(value: unknown): number {
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null).length + 200;
  return Math.max(
    0,
    ...Object.entries(value).map(([key, member]) => JSON.stringify(key).length + longestScalar(member)),
  );
}
