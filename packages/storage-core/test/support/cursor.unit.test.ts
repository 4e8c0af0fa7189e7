import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "../../src/support/cursor.js";

describe("cursor", () => {
  it("returns its position in its own scope only", () => {
    const cursor = encodeCursor("audit newest {}", [5, "id"]);
    expect(decodeCursor("audit newest {}", cursor)).toEqual([5, "id"]);
    expect(() => decodeCursor("audit oldest {}", cursor)).toThrow(/another filter or order/);
  });

  it("notices every changed, missing or added character", () => {
    const cursor = encodeCursor("s", [1700000000000, "018f3c6e-0000-7000-8000-00000000000a"]);
    for (let i = 0; i < cursor.length; i++) {
      const other = cursor[i] === "A" ? "B" : "A";
      const changed = cursor.slice(0, i) + other + cursor.slice(i + 1);
      expect(() => decodeCursor("s", changed)).toThrow(/damaged/);
      expect(() => decodeCursor("s", cursor.slice(0, i))).toThrow(/damaged/);
    }
    expect(() => decodeCursor("s", `${cursor}A`)).toThrow(/damaged/);
  });

  it("refuses arbitrary input as invalid_argument", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          decodeCursor("s", value);
          return false;
        } catch (error) {
          return (error as { code?: string }).code === "invalid_argument";
        }
      }),
    );
  });
});
