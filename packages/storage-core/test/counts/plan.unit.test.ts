import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseSummaryRequest } from "../../src/audit/summary.js";
import { type CountPlan, cellEnd, cellStart, parseAuditFilter, planCounts } from "../../src/author-kit.js";
import { parseBucket } from "../../src/time/bucket.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GROUPS = 1000;

function plan(
  from: string | undefined,
  to: string | undefined,
  request = {},
  filter = {},
  now?: string,
): CountPlan | undefined {
  const range = { ...(from && { from: new Date(from) }), ...(to && { to: new Date(to) }) };
  const asked = [parseAuditFilter({ ...filter, ...range }), parseSummaryRequest(request, GROUPS)] as const;
  return planCounts(...asked, now === undefined ? undefined : Date.parse(now));
}

const shown = (found: CountPlan | undefined) =>
  found && {
    cube: found.cube.id,
    cells: found.cells.map(({ level, from, to }) => `${level} ${iso(from)} ${iso(to)}`),
    rows: found.rows.map(({ from, to }) => `${iso(from)} ${iso(to)}`),
  };
const iso = (ms: number) => new Date(ms).toISOString().replace(/:00\.000Z$/, "");

describe("a plan of kept counts", () => {
  it("takes the widest cells that fit, and rows for what they would cut", () => {
    expect(shown(plan("2026-01-30T22:30:00Z", "2026-03-02T01:00:05Z", { groupBy: ["decision"] }))).toEqual({
      cube: 1,
      cells: [
        "hour 2026-01-30T23:00 2026-01-31T00:00",
        "day 2026-01-31T00:00 2026-02-01T00:00",
        "month 2026-02-01T00:00 2026-03-01T00:00",
        "day 2026-03-01T00:00 2026-03-02T00:00",
        "hour 2026-03-02T00:00 2026-03-02T01:00",
      ],
      rows: ["2026-01-30T22:30 2026-01-30T23:00", "2026-03-02T01:00 2026-03-02T01:00:05.000Z"],
    });
  });

  it("counts everything by months", () => {
    expect(shown(plan(undefined, undefined))).toEqual({
      cube: 1,
      cells: ["month 0001-01-01T00:00 +010000-01-01T00:00"],
      rows: [],
    });
  });

  it.each([
    [{ groupBy: ["decision", "action"] }, {}, 1],
    [{ groupBy: ["teamId"] }, { dryRun: false }, 2],
    [{ groupBy: ["matchedRuleId"] }, {}, 3],
    [{ groupBy: ["tool", "decision"] }, {}, 4],
    [{ groupBy: ["agentId", "decision"] }, {}, 5],
    [{ groupBy: ["agent.metadata.owner"] }, {}, 5],
    [{ groupBy: ["matchedRuleId", "tool"] }, {}, 6],
    [{ groupBy: ["agentId", "matchedRuleId"] }, {}, 7],
    [{ groupBy: ["agentId", "tool"] }, {}, 8],
    [{ groupBy: ["tool"] }, { teamId: "t" }, 8],
    [{ groupBy: ["agentId", "tool"] }, { matchedRuleId: "r" }, undefined],
    [{ groupBy: ["sessionId"] }, {}, undefined],
    [{}, { traceId: "t" }, undefined],
    [{}, { payload: { "/a": 1 } }, undefined],
  ])("of %o with filter %o uses cube %s", (request, filter, cube) => {
    expect(plan(undefined, undefined, request, filter)?.cube.id).toBe(cube);
  });

  it.each([
    [{ every: "1h" }, ["decision"], ["hour"]],
    [{ every: "6h" }, ["decision"], ["hour"]],
    [{ every: "30m" }, ["decision"], undefined],
    [{ every: "1d" }, ["decision"], ["day"]],
    [{ every: "1w" }, ["decision"], ["day"]],
    [{ every: "1mo" }, ["decision"], ["month"]],
    [{ every: "1d" }, ["agentId", "tool"], ["day"]],
    // Cells of hours are not kept by agent and tool.
    [{ every: "1h" }, ["agentId", "tool"], undefined],
    [{ every: "1d", timeZone: "Europe/Berlin" }, ["decision"], ["hour"]],
    [{ every: "1d", timeZone: "Europe/Berlin" }, ["agentId", "tool"], undefined],
    [{ every: "1d", timeZone: "Asia/Kolkata" }, ["decision"], undefined],
    // From 2007 to 2016 it was four hours and a half.
    [{ every: "1d", timeZone: "America/Caracas" }, ["decision"], undefined],
  ])("for buckets of %o by %o has cells of %s", (bucket, groupBy, levels) => {
    const found = plan("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", { bucket, groupBy });
    expect(found && [...new Set(found.cells.map(({ level }) => level))]).toEqual(levels);
  });

  it("reads rows of before zones had whole hours", () => {
    const found = plan("1900-01-01T00:00:00Z", "1990-01-01T00:00:00Z", {
      bucket: { every: "1mo", timeZone: "Africa/Monrovia" },
    });
    expect(shown(found)).toEqual({
      cube: 1,
      cells: ["hour 1973-01-01T00:00 1990-01-01T00:00"],
      rows: ["1900-01-01T00:00 1973-01-01T00:00"],
    });
  });

  it("has none where no cell fits", () => {
    expect(plan("2026-01-01T00:10:00Z", "2026-01-01T01:50:00Z")).toBeUndefined();
    expect(plan("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")).toBeUndefined();
  });
});

describe("a plan of kept counts at a time", () => {
  const LATER = "2026-06-01T00:00:00Z";
  const hours = (from: string, to: string, now: string, request = {}) => {
    const found = plan(`2026-01-05T${from}Z`, `2026-01-05T${to}Z`, request, {}, now);
    const clock = ({ from, to }: { from: number; to: number }) => `${iso(from).slice(11)}-${iso(to).slice(11)}`;
    return (
      found && {
        cells: found.cells.map((span) => `${span.level} ${clock(span)}`),
        counted: clock(found.counted),
        subtracted: found.subtracted.map((span) => `${clock(span)} of ${iso(span.cell).slice(11)}`),
        rows: found.rows.map(clock),
      }
    );
  };

  it("takes a cut hour as its counts less the other part, where that is the shorter one", () => {
    expect(hours("01:20", "04:40", LATER)).toEqual({
      cells: ["hour 01:00-05:00"],
      counted: "01:20-04:40",
      subtracted: ["01:00-01:20 of 01:00", "04:40-05:00 of 04:00"],
      rows: [],
    });
    expect(hours("01:40", "04:20", LATER)).toEqual({
      cells: ["hour 02:00-04:00"],
      counted: "02:00-04:00",
      subtracted: [],
      rows: ["01:40-02:00", "04:00-04:20"],
    });
    expect(hours("01:40", "04:40", LATER)).toMatchObject({
      cells: ["hour 02:00-05:00"],
      counted: "02:00-04:40",
      subtracted: ["04:40-05:00 of 04:00"],
      rows: ["01:40-02:00"],
    });
  });

  it("reads rows of two halves", () => {
    expect(hours("01:30", "04:30", LATER)).toMatchObject({ subtracted: [], rows: ["01:30-02:00", "04:00-04:30"] });
  });

  it("answers a range within one hour by both other parts, where they are shorter in all", () => {
    expect(hours("01:10", "01:50", LATER)).toEqual({
      cells: ["hour 01:00-02:00"],
      counted: "01:10-01:50",
      subtracted: ["01:00-01:10 of 01:00", "01:50-02:00 of 01:00"],
      rows: [],
    });
    expect(hours("01:10", "01:40", LATER)).toBeUndefined();
    expect(hours("01:00", "01:31", LATER)).toMatchObject({ subtracted: ["01:31-02:00 of 01:00"] });
  });

  it("expects no events behind the time", () => {
    expect(hours("02:00", "04:05", "2026-01-05T04:05Z")).toEqual({
      cells: ["hour 02:00-05:00"],
      counted: "02:00-04:05",
      subtracted: ["04:05-05:00 of 04:00"],
      rows: [],
    });
    // Ten minutes are within the range, and five more are over.
    expect(hours("02:00", "04:10", "2026-01-05T04:15Z")).toMatchObject({
      subtracted: ["04:10-05:00 of 04:00"],
      rows: [],
    });
    expect(hours("02:00", "04:05", "2026-01-05T04:15Z")).toMatchObject({ subtracted: [], rows: ["04:00-04:05"] });
    // There is nothing to choose from in the future.
    expect(hours("02:00", "04:40", "2026-01-05T01:00Z")).toMatchObject({ subtracted: [], rows: ["04:00-04:40"] });
    expect(hours("04:02", "05:00", "2026-01-05T04:05Z")).toMatchObject({ cells: ["hour 04:00-05:00"] });
  });

  it("takes days and months that whole hours complete", () => {
    const found = plan("2026-01-31T00:10Z", "2026-02-28T23:50Z", { bucket: { every: "1mo" } }, {}, LATER);
    expect(shown(found)).toEqual({
      cube: 1,
      cells: ["day 2026-01-31T00:00 2026-02-01T00:00", "month 2026-02-01T00:00 2026-03-01T00:00"],
      rows: [],
    });
    expect(found?.subtracted.map(({ from, cell }) => `${iso(from)} of ${iso(cell)}`)).toEqual([
      "2026-01-31T00:00 of 2026-01-31T00:00",
      "2026-02-28T23:50 of 2026-02-01T00:00",
    ]);
  });

  it.each([
    ["buckets narrower than an hour", { bucket: { every: "30m" } }],
    ["a zone with half hours", { bucket: { every: "1h", timeZone: "Asia/Kolkata" } }],
    ["cells that are not kept by hour", { groupBy: ["agentId", "tool"] }],
    ["members that counts are not kept by", { groupBy: ["sessionId"] }],
  ])("has none within a day for %s", (_what, request) => {
    expect(hours("01:20", "04:40", LATER, request)).toBeUndefined();
  });

  it("subtracts no parts of hours where cells are days", () => {
    const found = plan("2026-01-05T00:20Z", "2026-01-07T23:40Z", { groupBy: ["agentId", "tool"] }, {}, LATER);
    expect(found).toMatchObject({ subtracted: [] });
    expect(found?.cells.map(({ level }) => level)).toEqual(["day"]);
  });
});

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Africa/Cairo", "America/Santiago"];
const UNITS = ["1h", "2h", "8h", "1d", "1w", "1mo"];

const spans = fc
  .record({
    start: fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2025, 0) }),
    step: fc.constantFrom(1, 1000, HOUR, DAY),
    length: fc.oneof(...[3 * HOUR, 3 * DAY, 90 * DAY, 500 * DAY].map((max) => fc.integer({ min: 0, max }))),
  })
  .map(({ start, step, length }) => {
    const from = Math.floor(start / step) * step;
    return { from, to: from + length };
  });

const questions = fc.record({
  span: spans,
  now: fc.option(fc.integer({ min: -30 * DAY, max: 30 * DAY }), { nil: undefined }),
  bucket: fc.option(fc.record({ every: fc.constantFrom(...UNITS), timeZone: fc.constantFrom(...ZONES) })),
  groupBy: fc.constantFrom([], ["decision" as const], ["agentId" as const, "tool" as const]),
});

test("the spans of a plan share out its range, and each cell lies in one bucket", () => {
  fc.assert(
    fc.property(questions, ({ span: { from, to }, now, bucket, groupBy }) => {
      const found = planCounts(
        parseAuditFilter({ from: new Date(from), to: new Date(to) }),
        parseSummaryRequest({ groupBy, ...(bucket && { bucket }) }, GROUPS),
        now === undefined ? undefined : to + now,
      );
      if (found === undefined) return;
      const all = [found.counted, ...found.rows].sort((a, b) => a.from - b.from);
      expect(all.map((span) => span.from)).toEqual([from, ...all.slice(0, -1).map((span) => span.to)]);
      expect(all.at(-1)?.to).toBe(to);
      const ofCells = [found.counted, ...found.subtracted].sort((a, b) => a.from - b.from);
      for (const spans of [ofCells, found.cells]) {
        const [first, last] = [found.cells[0]?.from, found.cells.at(-1)?.to];
        expect(spans.map((span) => span.from)).toEqual([first, ...spans.slice(0, -1).map((span) => span.to)]);
        expect(spans.at(-1)?.to).toBe(last);
      }
      for (const { cell, from: first, to: end } of found.subtracted) {
        expect(end - first).toBeLessThan(HOUR);
        expect(cellStart("hour", end - 1)).toBe(cellStart("hour", first));
        const holding = found.cells.find((one) => one.from <= first && end <= one.to);
        expect(cell).toBe(holding && cellStart(holding.level, first));
      }
      if (now === undefined) expect(found.subtracted).toEqual([]);
      const bucketing = bucket && parseBucket(bucket);
      for (const { level, from: first, to: end } of found.cells) {
        expect(found.cube.levels).toContain(level);
        expect([cellStart(level, first), cellStart(level, end)]).toEqual([first, end]);
        if (bucketing === null) continue;
        for (let start = first; start < end; start = cellEnd(level, start)) {
          expect(bucketing.next(bucketing.startOf(start))).toBeGreaterThanOrEqual(cellEnd(level, start));
        }
      }
    }),
    { numRuns: 1000 },
  );
});
