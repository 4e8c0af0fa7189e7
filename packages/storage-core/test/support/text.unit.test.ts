import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closest } from "../../src/support/suggest.js";
import { compareText, MAX_TEXT_LENGTH, textProblem } from "../../src/support/text.js";

describe("compareText", () => {
  it("orders as the bytes of UTF-8 do", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
      { numRuns: 2000 },
    );
  });

  it("puts characters beyond U+FFFF last, unlike <", () => {
    expect(compareText("\uffff", "😀")).toBeLessThan(0);
    expect("\uffff" < "😀").toBe(false);
  });
});

describe("textProblem", () => {
  it.each([[""], ["a\u0000b"], ["\ud800"], ["x".repeat(MAX_TEXT_LENGTH + 1)], [7], [null], [undefined]])(
    "refuses %j",
    (value) => expect(textProblem(value)).toBeTypeOf("string"),
  );

  it.each([["agent-1"], ["ünï"], ["😀"], ["%_'\""], ["x".repeat(MAX_TEXT_LENGTH)]])("accepts %j", (value) =>
    expect(textProblem(value)).toBeUndefined(),
  );
});

describe("closest", () => {
  it("suggests the closest name and nothing far-fetched", () => {
    expect(closest("agentID", ["agentId", "teamId"])).toBe("agentId");
    expect(closest("desicion", ["decision", "action"])).toBe("decision");
    expect(closest("zzz", ["decision", "action"])).toBeUndefined();
  });
});
