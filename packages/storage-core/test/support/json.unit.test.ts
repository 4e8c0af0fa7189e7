import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNewAgent } from "../../src/agents/parse.js";
import { requestDigest } from "../../src/state/digest.js";
import { canonicalJson } from "../../src/support/canonical-json.js";
import {
  type JsonValue,
  jsonProblem,
  MAX_JSON_DEPTH,
  parseJsonPointer,
  resolveJsonPointer,
} from "../../src/support/json.js";

describe("jsonProblem", () => {
  it("accepts every JSON value", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => jsonProblem(value) === undefined));
  });

  it.each([
    ["NaN", Number.NaN],
    ["Infinity", { a: [Number.POSITIVE_INFINITY] }],
    ["undefined in an array", [undefined]],
    ["a function", { f: () => 1 }],
    ["a bigint", { n: 1n }],
    ["a symbol", Symbol("s")],
    ["a Date", { d: new Date() }],
    ["a Map", new Map()],
    ["bytes", new Uint8Array(2)],
    ["an object with toJSON", { toJSON: () => 1 }],
  ])("refuses %s", (_name, value) => {
    expect(jsonProblem(value)).toMatch(/JSON cannot represent/);
  });

  it("refuses too deep and cyclic values instead of overflowing the stack", () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(jsonProblem(cyclic)).toContain(String(MAX_JSON_DEPTH));
  });

  const doubled = (one: (inner: unknown) => unknown, leaf: unknown): unknown => {
    let value = leaf;
    for (let level = 0; level < 100; level++) value = one(value);
    return value;
  };

  it.each([
    ["lists", doubled((inner) => [inner, inner], [1])],
    ["objects", doubled((inner) => ({ a: inner, b: inner }), {})],
    ["one long text", Array.from({ length: 1_000_000 }, () => "x".repeat(1_000_000))],
    [
      "one wide object",
      Array(100_000).fill(Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`key-${n}`, n]))),
    ],
    ["a hole of four billion", Array(4e9)],
    ["what is no JSON behind it all", [doubled((inner) => [inner, inner], [1]), () => 1]],
  ])("ends for %s again and again, which no memory could hold written out", (_name, value) => {
    expect(jsonProblem(value)).toBe("takes more than 67108864 bytes as JSON");
    for (const check of [
      () => requestDigest(value as JsonValue),
      () => parseNewAgent({ agentId: "a", metadata: { value: value as JsonValue } }, 0),
    ]) {
      expect(check).toThrow(
        expect.objectContaining({ code: "too_large", message: expect.stringMatching(/several times/) }),
      );
    }
  });
});

describe("canonicalJson", () => {
  it("does not depend on member order, and reads back equal", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(reversed as JsonValue)).toBe(canonicalJson(object as JsonValue));
        expect(JSON.parse(canonicalJson(object as JsonValue))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  it("follows the examples of RFC 8785", () => {
    expect(
      canonicalJson({
        numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 1e-27],
        string: '\u20ac$\u000f\nA\'B"\\\\"/',
      }),
    ).toBe('{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}');
    expect(
      canonicalJson({ "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 }),
    ).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  });

  it("keeps lone surrogates and U+0000", () => {
    expect(JSON.parse(canonicalJson("a\ud800\u0000"))).toBe("a\ud800\u0000");
  });
});

describe("JSON Pointer", () => {
  it("resolves the examples of RFC 6901", () => {
    const document = { foo: ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8 } as unknown as JsonValue;
    const at = (pointer: string) => resolveJsonPointer(document, parseJsonPointer(pointer) as string[]);
    expect(at("/foo/0")).toBe("bar");
    expect(at("/")).toBe(0);
    expect(at("/a~1b")).toBe(1);
    expect(at("/m~0n")).toBe(8);
    expect(at("/foo/-1")).toBeUndefined();
    expect(at("/foo/00")).toBeUndefined();
    expect(at("/toString")).toBeUndefined();
  });

  it.each(["foo", "/a~2", "/~"])("refuses %s", (pointer) => {
    expect(parseJsonPointer(pointer)).toBeUndefined();
  });
});
