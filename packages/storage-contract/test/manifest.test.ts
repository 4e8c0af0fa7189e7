import { describe, expect, it } from "vitest";
import { CONTRACT_CASES } from "../src/index.js";
import { manifestIds, missingCases } from "../src/manifest.js";

const ids = CONTRACT_CASES.map(({ id }) => id as string);

describe("manifest.json", () => {
  it("lists every case, sorted", () => {
    expect(manifestIds()).toEqual(ids.toSorted());
  });

  it("has each id once, in kebab-case, with a title", () => {
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, title } of CONTRACT_CASES) {
      expect(id).toMatch(/^[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*){1,3}$/);
      expect(title.length, id).toBeGreaterThan(10);
    }
  });

  it("misses what neither ran nor is excluded", () => {
    const [first, second, ...rest] = CONTRACT_CASES.map(({ id }) => id);
    expect(missingCases(ids, [])).toEqual([]);
    expect(missingCases(rest, first === undefined ? [] : [{ id: first }])).toEqual([second]);
  });
});
