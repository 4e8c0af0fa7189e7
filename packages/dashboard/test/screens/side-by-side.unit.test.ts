import { describe, expect, it } from "vitest";
import { sideBySide } from "../../src/screens/policies/side-by-side.js";

const shown = (before: string, after: string): string[] =>
  sideBySide(before, after).map(({ kind, left, right }) => {
    const side = (one: typeof left): string => (one === undefined ? "-" : `${one.number}:${one.text}`);
    return `${kind === "same" ? " " : "!"} ${side(left)} | ${side(right)}`;
  });

describe("two texts side by side", () => {
  it("put what was removed beside what came in its place", () => {
    expect(shown("a\nb\nc\n", "a\nB\nB2\nc\n")).toEqual(["  1:a | 1:a", "! 2:b | 2:B", "! - | 3:B2", "  3:c | 4:c"]);
  });

  it("show a removal at the end, and an empty text", () => {
    expect(shown("a\nb\n", "a\n")).toEqual(["  1:a | 1:a", "! 2:b | -"]);
    expect(shown("", "a\n")).toEqual(["! - | 1:a"]);
    expect(shown("", "")).toEqual([]);
  });
});
