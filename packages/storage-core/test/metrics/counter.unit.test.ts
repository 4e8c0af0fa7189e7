import { describe, expect, it } from "vitest";
import { counterOf, toIncreases } from "../../src/metrics/driver/counter.js";
import type { SampleRow } from "../../src/metrics/parse.js";

const DEFINITIONS = new Map([
  ["requests", { name: "requests", kind: "cumulative" as const }],
  ["spent", { name: "spent", kind: "cumulative" as const, decimals: 2 }],
]);

function reading(ts: number, value: number, members: Partial<SampleRow> = {}): SampleRow {
  return { ts, metric: "requests", value, agentId: null, teamId: null, labels: {}, ...members };
}

const values = (samples: readonly SampleRow[]) => samples.map(({ value }) => value);

describe("toIncreases", () => {
  it("counts the first reading, and the first after a reset, from zero", () => {
    const { samples, late } = toIncreases(
      [5, 8, 2, 2, 7].map((value, ts) => reading(ts, value)),
      DEFINITIONS,
      new Map(),
    );
    expect(values(samples)).toEqual([5, 3, 2, 0, 5]);
    expect(late).toEqual([]);
  });

  it("goes on from the stored reading", () => {
    const newest = new Map([[counterOf(reading(0, 0)), { ts: 10, reading: 100 }]]);
    expect(values(toIncreases([reading(11, 130)], DEFINITIONS, newest).samples)).toEqual([30]);
    expect(toIncreases([reading(9, 99), reading(10, 99), reading(10, 100)], DEFINITIONS, newest)).toMatchObject({
      late: [0, 1],
      samples: [{ ts: 10, value: 0 }],
    });
  });

  it("takes the readings of one call in the order of their times", () => {
    const { samples, late } = toIncreases([reading(3, 30), reading(1, 10), reading(2, 20)], DEFINITIONS, new Map());
    expect(samples.map(({ ts, value }) => [ts, value])).toEqual([
      [3, 10],
      [1, 10],
      [2, 10],
    ]);
    expect(late).toEqual([]);
  });

  it("keeps counters apart by agent, team and labels", () => {
    const { samples, readings } = toIncreases(
      [reading(0, 5), reading(0, 7, { agentId: "a" }), reading(1, 9, { labels: { a: "a" } }), reading(1, 6)],
      DEFINITIONS,
      new Map(),
    );
    expect(values(samples)).toEqual([5, 7, 9, 1]);
    expect(readings.size).toBe(3);
  });

  it("subtracts amounts in decimal", () => {
    const spent = (ts: number, value: number) => reading(ts, value, { metric: "spent" });
    expect(values(toIncreases([spent(0, 0.1), spent(1, 0.3)], DEFINITIONS, new Map()).samples)).toEqual([0.1, 0.2]);
  });

  it("leaves samples of other kinds as they are", () => {
    const sample = reading(0, 3, { metric: "tokens" });
    expect(toIncreases([sample, sample], DEFINITIONS, new Map()).samples).toEqual([sample, sample]);
  });
});
