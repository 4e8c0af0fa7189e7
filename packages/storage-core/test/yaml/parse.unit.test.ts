import { setImmediate as nextTurn } from "node:timers/promises";
import { parseYaml, type YamlResult } from "@agent-assembly/storage-core/backend";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { YAML_LIMITS } from "../../src/yaml/limits.js";

const lines = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => line(n)).join("\n");
/** A comment that is long enough to have the text read in a thread. */
const PADDING = `# ${"x".repeat(16 * 1024)}\n`;

/** On this thread and on another: the answer must be the same. */
async function bothWays(text: string): Promise<YamlResult> {
  const here = await parseYaml(text);
  const there = await parseYaml(text + (text.endsWith("\n") || text === "" ? "" : "\n") + PADDING);
  expect(there).toEqual(here);
  return here;
}

const tooLarge = (problem: string): YamlResult => ({ kind: "too_large", problem });
const mistake = (code: string, line: number, column: number): YamlResult => ({
  kind: "mistake",
  mistake: { code, line, column },
});

describe("a YAML document", () => {
  it("is read as JSON, on either thread", async () => {
    const text = 'a: 1\nb: [x, "2", null, true]\nc: &c { d: 1.5 }\ne: *c\n? f\n: g\n';
    expect(await bothWays(text)).toEqual({
      kind: "value",
      value: { a: 1, b: ["x", "2", null, true], c: { d: 1.5 }, e: { d: 1.5 }, f: "g" },
    });
    for (const empty of ["", "\n", "# only a comment\n", "---\n", "~\n"]) {
      expect(await bothWays(empty)).toEqual({ kind: "value", value: null });
    }
  });

  it("reads what JSON writes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(await parseYaml(JSON.stringify(value))).toEqual({
          kind: "value",
          value: JSON.parse(JSON.stringify(value)),
        });
      }),
      { numRuns: 300 },
    );
  });

  it("keeps __proto__ and constructor as members of its own", async () => {
    const result = await bothWays("__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }\n");
    const { value } = result as { value: object };
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Reflect.get({}, "polluted")).toBe(undefined);
  });

  it.each([
    ["a: 1\nb: 2\na: 3\n", mistake("DUPLICATE_KEY", 3, 1)],
    ['1: a\n"1": b\n', mistake("DUPLICATE_KEY", 2, 1)],
    ["{ a: 1, b: 2, a: 3 }", mistake("DUPLICATE_KEY", 1, 15)],
    ["x: &x a\n*x : 1\na: 2\n", mistake("DUPLICATE_KEY", 3, 1)],
    ["? [a]\n: b\n", mistake("KEY_NOT_SCALAR", 1, 3)],
    ["? { a: \u202eb }\n: b\n", mistake("KEY_NOT_SCALAR", 1, 3)],
    ["a: *b\n", mistake("BAD_ALIAS", 1, 4)],
    ["a: &a [*a]\n", mistake("BAD_ALIAS", 1, 8)],
    ["a: 1\n---\nb: 2\n", mistake("MULTIPLE_DOCS", 2, 1)],
    ["a: 'x\n", mistake("MISSING_CHAR", 2, 1)],
  ] as const)("refuses %j by line and column", async (text, expected) => {
    const seen = await parseYaml(text);
    expect(seen.kind).toBe("mistake");
    expect(seen).toEqual(expected);
  });

  it("writes nothing to the terminal, whatever the keys are", async () => {
    const spies = [vi.spyOn(console, "warn"), vi.spyOn(process, "emitWarning"), vi.spyOn(process.stderr, "write")];
    for (const text of [
      "? {\u202e: b}\n: c\n",
      "a: !\u202etag b\n",
      "%YAML 9.9\n---\na: b\n",
      "%FOO\u202e\n---\na: b\n",
    ])
      await parseYaml(text);
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });
});

describe("a hostile YAML document", () => {
  const { anchors, aliases, depth, tokens, length } = YAML_LIMITS;
  const bomb = `a0: &a0 [x, x]\n${lines(30, (n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`)}\n`;

  it.each<[string, string, string]>([
    ["anchors", lines(anchors + 1, (n) => `- &a${n} x`), "has more than 1000 anchors"],
    ["aliases", `- &a x\n${lines(aliases + 1, () => "- *a")}`, "has more than 1000 aliases"],
    ["anchors and aliases alternately", lines(anchors + 1, () => "- &a x\n- *a"), "has more than 1000 anchors"],
    ["aliases of aliases", bomb, "expands to more than 250000 values"],
    [
      "merges",
      `%YAML 1.1\n---\na0: &a0 {k: v}\n${lines(1100, (n) => `b${n}: {<<: *a0}`)}`,
      "has more than 1000 aliases",
    ],
    ["flow sequences", "[".repeat(100_000), "is nested deeper than 200 levels"],
    ["flow mappings", "{a: ".repeat(100_000), "is nested deeper than 200 levels"],
    ["block sequences", "- ".repeat(100_000), "is nested deeper than 200 levels"],
    ["explicit keys", "? ".repeat(100_000), "is nested deeper than 200 levels"],
    ["indentation", lines(depth + 2, (n) => `${" ".repeat(n)}a:`), "is nested deeper than 200 levels"],
    ["tokens", `[${"1,".repeat(tokens / 2)}1]`, "has more than 250000 tokens"],
    ["characters", "x".repeat(length + 1), "has more than 1048576 characters"],
  ])("of too many %s is refused by what there is too much of", async (_, text, problem) => {
    expect(await parseYaml(text)).toEqual(tooLarge(problem));
  });

  it("may be as deep as JSON may", async () => {
    expect(await bothWays("[".repeat(depth) + "]".repeat(depth))).toMatchObject({ kind: "value" });
    const problem = "is nested deeper than 200 levels";
    expect(await bothWays("[".repeat(depth + 1) + "]".repeat(depth + 1))).toMatchObject({ problem });
  });

  it("leaves the event loop to others while a large one is read", async () => {
    const mapping = lines(60_000, (n) => `key${n}: v`);
    let turns = 0;
    let done = false;
    const counting = (async () => {
      for (; !done; turns++) await nextTurn();
    })();
    const result = await parseYaml(mapping);
    done = true;
    await counting;
    expect(result.kind).toBe("value");
    // On this thread it would be one or two.
    expect(turns).toBeGreaterThan(100);
  });

  it("does not keep others from being read", async () => {
    const results = await Promise.all([
      parseYaml(lines(20_000, (n) => `key${n}: v`)),
      parseYaml(`${PADDING}a: [`),
      parseYaml(`${PADDING}a: 1\n`),
    ]);
    expect(results.map(({ kind }) => kind)).toEqual(["value", "mistake", "value"]);
  });
});
