import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isExactNumber } from "../../src/exact-json/number.js";
import { parseExactJson } from "../../src/exact-json/parse.js";

function parsedOf(text: string): unknown {
  const parsed = parseExactJson(text);
  return "value" in parsed ? parsed.value : `${parsed.problem} at ${parsed.offset}`;
}

describe("numbers", () => {
  test.each([
    "0",
    "-0",
    "0.10",
    "1e3",
    "1E+2",
    "9007199254740991",
    "9007199254740992",
    "1e21",
    "5e-324",
    "1.7976931348623157e308",
    "100000000000000000000000",
    "0.1",
  ])("%s is what a double holds", (token) => {
    expect(isExactNumber(token)).toBe(true);
    expect(parsedOf(token)).toBe(Number(token));
  });

  test.each([
    "9007199254740993",
    "-7301946528812345677",
    "0.1000000000000000055",
    "3.141592653589793238",
    "1e400",
    "-1e400",
    "1e-400",
    "123456789012345678901234567890",
  ])("%s stays text", (token) => {
    expect(isExactNumber(token)).toBe(false);
    expect(parsedOf(`[${token}]`)).toEqual([token]);
  });

  test("every number that JavaScript writes is one that it reads back", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(parseExactJson(JSON.stringify(number))).toEqual({
          value: JSON.parse(JSON.stringify(number)),
          inexact: [],
        });
      }),
    );
  });
});

describe("parts that a value cannot hold have their place", () => {
  test("numbers", () => {
    const text = '{"a/b":[1,{"~":9007199254740993}],"c":1e400}';
    expect(parseExactJson(text)).toEqual({
      value: { "a/b": [1, { "~": "9007199254740993" }], c: "1e400" },
      inexact: [
        { kind: "number", pointer: "/a~1b/1/~0", offset: text.indexOf("9007") },
        { kind: "number", pointer: "/c", offset: text.indexOf("1e400") },
      ],
    });
  });

  test("an object that names a member twice, also with one value, or spelled in two ways", () => {
    for (const object of ['{"x":1,"x":1}', '{"x": 1e999, "\\u0078": {}}', '{"__proto__":1,"__proto__":2}']) {
      const parsed = parseExactJson(`{"a":[${object}]}`);
      expect(parsed).toMatchObject({
        value: { a: [object] },
        inexact: [{ kind: "duplicate", pointer: "/a/0", offset: 6 }],
      });
      expect("inexact" in parsed && parsed.inexact).toHaveLength(1);
    }
  });
});

test("a member called __proto__ is a member", () => {
  const parsed = parsedOf('{"__proto__":{"a":1}}') as object;
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  expect(JSON.stringify(parsed)).toBe('{"__proto__":{"a":1}}');
});

describe("what is no JSON", () => {
  test.each([
    ["", "ends too early, after 0 characters at 0"],
    ["{", "ends too early, after 1 character at 1"],
    ['"abc', "ends too early, after 4 characters at 4"],
    ["[1,]", "is not valid JSON at 3"],
    ["[1 2]", "is not valid JSON at 3"],
    ["{a:1}", "is not valid JSON at 1"],
    ["01", "is not valid JSON at 1"],
    ["tru", "is not valid JSON at 0"],
    ['"\\x"', "is not valid JSON at 0"],
    ['"a\nb"', "is not valid JSON at 2"],
    ["1 1", "is not valid JSON at 2"],
    ["[[[1]]]", "is nested deeper than 2 levels at 2"],
  ])("%j", (text, problem) => {
    const parsed = parseExactJson(text, 2);
    expect("problem" in parsed && `${parsed.problem} at ${parsed.offset}`).toBe(problem);
  });

  test("deep nesting is no stack overflow", () => {
    expect(parsedOf("[".repeat(1_000_000))).toContain("nested deeper than 200 levels");
  });
});

test("it reads what JSON.parse reads, and refuses what that refuses", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const parsed = parseExactJson(text);
      if ("value" in parsed && parsed.inexact.length === 0) expect(parsed.value).toEqual(JSON.parse(text));
      else expect("inexact" in parsed).toBe(true);
    }),
  );
  const noise = fc.array(
    fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "1", "-", ".", "e", "\\", "u", "true", "null", " ", "\n", "a"),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(noise, (pieces) => {
      const text = pieces.join("");
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      expect("value" in parseExactJson(text)).toBe(valid);
    }),
    { numRuns: 3000 },
  );
});

describe("a text as JSON.stringify writes it, which the engine reads, is read as any other", () => {
  /** A space behind it makes it one that the engine is not asked for. */
  function expectSame(text: string): void {
    const [engine, parser] = [parseExactJson(text, 5), parseExactJson(`${text} `, 5)];
    if ("value" in parser) {
      expect(engine).toEqual(parser);
      expect("value" in engine && JSON.stringify(engine.value)).toBe(JSON.stringify(parser.value));
    } else expect("problem" in engine).toBe(true);
  }

  test("whatever it holds", () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 7 }), (value) => expectSame(JSON.stringify(value))));
  });

  test("with pieces of it taken out, doubled or exchanged", () => {
    const pieces = [
      '"a":',
      '"__proto__":',
      '"1":',
      '"0":',
      "{",
      "}",
      "[",
      "]",
      ",",
      "1",
      "-0",
      "1e999",
      '"a"',
      "1.0",
      "null",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (list) => expectSame(list.join(""))),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("a", "b", "1", "0", "__proto__"), fc.constantFrom(...pieces.slice(9))), {
          maxLength: 4,
        }),
        (members) => expectSame(`{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`),
      ),
      { numRuns: 3000 },
    );
  });

  test("with more brackets than levels, or as many levels", () => {
    for (const text of ["[[[[[]]]]]", "[[[[[[]]]]]]", "[[],[],[],[],[],[],[]]", '{"a":[[[[[]]]]]}', '["[[[[[[[[["]'])
      expectSame(text);
  });
});

describe("work in proportion to the text", () => {
  const long = 1_000_000;

  test("numbers of a million digits", () => {
    const zeros = "0".repeat(long);
    for (const token of [`1${zeros}1`, `0.${zeros}1`, `0e${"9".repeat(long)}`, `1e-${"9".repeat(long)}`]) {
      const parsed = parseExactJson(token);
      expect("value" in parsed && [parsed.inexact.length, typeof parsed.value]).toEqual(
        token.startsWith("0e") ? [0, "number"] : [1, "string"],
      );
    }
    expect(isExactNumber(`1${"0".repeat(300)}`)).toBe(true);
    expect(isExactNumber(`0.${zeros}`)).toBe(true);
  });

  test("a long name above a hundred thousand numbers is not kept with each of them", () => {
    const text = `{"${"k".repeat(long)}":[${"1e999,".repeat(100_000)}1]}`;
    const parsed = parseExactJson(text);
    if ("problem" in parsed) throw new Error(parsed.problem);
    expect(parsed.inexact).toHaveLength(100_000);
    expect(parsed.inexact.at(-1)).toEqual({
      kind: "number",
      offset: text.length - 9,
      pointer: `/${"k".repeat(200)}…/99999`,
    });
  });

  test("of a long path the inner end is kept", () => {
    const depth = 199;
    const text = `${'{"a~/b":'.repeat(depth)}1e999${"}".repeat(depth)}`;
    const parsed = parseExactJson(text);
    if ("problem" in parsed) throw new Error(parsed.problem);
    expect(parsed.inexact[0]?.pointer).toBe(`/…${"/a~0~1b".repeat(142)}`);
  });
});
