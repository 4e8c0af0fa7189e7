import { describe, expect, it } from "vitest";
import { bucketCounts } from "../../src/charts/buckets.js";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 30, 10);
const item = (hour: number, decision: string, count: number) => ({
  bucket: new Date(START + hour * HOUR).toISOString(),
  key: { decision },
  count,
});

describe("counts over time", () => {
  it("have a bucket for each step of the range, those without events included", () => {
    const items = [item(0, "allow", 3), item(0, "deny", 1), item(2, "pending", 2), item(2, "custom", 5)];
    expect(bucketCounts({ items, lowerBound: false }, START + 60_000, START + 3 * HOUR, HOUR)).toEqual([
      { start: START, deny: 1, warn: 0, calm: 3, total: 4 },
      { start: START + HOUR, deny: 0, warn: 0, calm: 0, total: 0 },
      { start: START + 2 * HOUR, deny: 0, warn: 2, calm: 5, total: 7 },
    ]);
  });

  it("begin weeks on Mondays, as the store does", () => {
    const week = 7 * 24 * HOUR;
    const [first] = bucketCounts({ items: [], lowerBound: false }, START, START + week, week);
    expect(new Date(first?.start ?? 0).getUTCDay()).toBe(1);
  });
});
