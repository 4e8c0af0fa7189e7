import { describe, expect, it } from "vitest";
import { AGENTS, agentOf, DAY_MS, YearOfEvents } from "../../src/rows/events.js";

const NOW = Date.UTC(2026, 5, 1, 12);
const COUNT = 10_000;

describe("a year of events", () => {
  const events = new YearOfEvents(COUNT, NOW).slice(0, COUNT);
  const distinct = (values: readonly unknown[]): number => new Set(values).size;

  it("is spread over the year that ends an hour ago, in order", () => {
    const times = events.map(({ ts }) => ts.getTime());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(NOW - (times[0] as number)).toBeGreaterThan(365 * DAY_MS);
    expect(NOW - (times[0] as number)).toBeLessThan(367 * DAY_MS);
    expect(times.at(-1)).toBeLessThan(NOW - DAY_MS / 24);
    expect(times.at(-1)).toBeGreaterThan(NOW - DAY_MS / 12);
  });

  it("has 200 agents, 20 tools and 8 teams, an agent always in the same team", () => {
    expect(distinct(events.map(({ agentId }) => agentId))).toBe(200);
    expect(distinct(events.map(({ payload }) => (payload as { tool: string }).tool))).toBe(20);
    expect(distinct(events.map(({ teamId }) => teamId))).toBe(8);
    expect(distinct(events.map(({ agentId, teamId }) => `${agentId} ${teamId}`))).toBe(200);
  });

  it("has over a hundred events of each of the first ten agents", () => {
    const counts = Array.from({ length: AGENTS }, () => 0);
    for (let n = 0; n < COUNT; n++) (counts[agentOf(n)] as number)++;
    expect(Math.min(...counts.slice(0, 10))).toBeGreaterThan(100);
  });

  it("has other ids and payloads for each, of different lengths", () => {
    const payloads = events.map(({ payload }) => JSON.stringify(payload));
    expect(distinct(events.map(({ eventId }) => eventId))).toBe(COUNT);
    expect(distinct(payloads)).toBe(COUNT);
    expect(distinct(payloads.map(({ length }) => length))).toBeGreaterThan(100);
  });

  it("is the same whatever the slices it is made in", () => {
    const year = new YearOfEvents(COUNT, NOW);
    expect([...year.slice(0, 7), ...year.slice(7, 13)]).toEqual(events.slice(0, 20));
  });
});
