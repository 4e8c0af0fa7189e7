import { describe, expect, it } from "vitest";
import { plainArray, textArray } from "../../src/sql/array-literal.js";

const ODD = [
  "",
  " ",
  " a ",
  "a,b",
  "{}",
  "{a",
  "NULL",
  "null",
  '"',
  '""',
  "\\",
  '\\"',
  "a\\nb",
  "line\nbreak\ttab\r",
  'quotes "and\nbreaks"\u0001\\\u007f\u2028',
  'quotes "and\u{1F600}"',
  "'",
  "$1",
  "\u{10000}\uffff",
  "\uE0FF0000",
  '{"a":"b\\\\c"}',
];

describe("textArray", () => {
  it("quotes every text, and leaves NULL bare", () => {
    expect(textArray([])).toBe("{}");
    expect(textArray(["a"])).toBe('{"a"}');
    expect(textArray(["a", null, "NULL", ""])).toBe('{"a",NULL,"NULL",""}');
    expect(textArray([null])).toBe("{NULL}");
  });

  it("escapes quotes and backslashes, and nothing else", () => {
    expect(textArray(['say "hi"'])).toBe('{"say \\"hi\\""}');
    expect(textArray(["a\\b\\"])).toBe('{"a\\\\b\\\\"}');
    expect(textArray(["$&", "a,b", "{x}", " ", "\n"])).toBe('{"$&","a,b","{x}"," ","\n"}');
  });

  it("gives back what went in", () => {
    for (const text of ODD) expect(read(textArray([text]))).toEqual([text]);
    const all = ODD.flatMap((text) => [text, null]);
    expect(read(textArray(all))).toEqual(all);
  });
});

describe("plainArray", () => {
  it("writes values as they are", () => {
    expect(plainArray([])).toBe("{}");
    expect(plainArray([null])).toBe("{NULL}");
    expect(plainArray([1, -2.5, 1e21, 5e-324, null])).toBe("{1,-2.5,1e+21,5e-324,NULL}");
    expect(plainArray([true, null, false])).toBe("{true,NULL,false}");
    expect(plainArray(["2026-01-31T08:05:09.250Z", null])).toBe("{2026-01-31T08:05:09.250Z,NULL}");
    expect(plainArray(["00000000-0000-7000-8000-000000000000"])).toBe("{00000000-0000-7000-8000-000000000000}");
  });
});

/** Reads a one-dimensional array by the server's rules: between quotes, a backslash takes the next character as it is. */
function read(literal: string): (string | null)[] {
  expect(`${literal[0]}${literal.at(-1)}`).toBe("{}");
  const values: (string | null)[] = [];
  let i = 1;
  while (i < literal.length - 1) {
    if (literal[i] === ",") i++;
    if (literal.startsWith("NULL", i)) {
      values.push(null);
      i += 4;
      continue;
    }
    expect(literal[i++]).toBe('"');
    let text = "";
    for (; literal[i] !== '"'; i++) {
      if (literal[i] === "\\") i++;
      text += literal[i];
    }
    i++;
    values.push(text);
  }
  return values;
}
