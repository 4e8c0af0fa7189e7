import { describe, expect, it } from "vitest";
import { parseUuid, uuidV7 } from "../../src/support/ids.js";

describe("uuidV7", () => {
  it("is well-formed, carries its time, is distinct, and ascends within a millisecond", () => {
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    const ids = Array.from({ length: 20_000 }, () => uuidV7(at));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(ids.toSorted());
    expect(Number.parseInt((ids[0] as string).replaceAll("-", "").slice(0, 12), 16)).toBe(at);
  });
});

describe("parseUuid", () => {
  it("lower-cases and refuses anything else", () => {
    expect(parseUuid("018F3C6E-0000-7000-8000-00000000000A")).toBe("018f3c6e-0000-7000-8000-00000000000a");
    expect(parseUuid("018f3c6e00007000800000000000000a")).toBeUndefined();
    expect(parseUuid(1)).toBeUndefined();
  });
});
