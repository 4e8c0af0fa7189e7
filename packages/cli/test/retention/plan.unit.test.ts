import { describe, expect, test } from "vitest";
import { groupPlan, planTotals } from "../../src/commands/retention/plan-summary.js";
import { renderPlan } from "../../src/commands/retention/view-plan.js";
import { RunMeter } from "../../src/commands/retention/view-run.js";
import { createStyle } from "../../src/terminal/style.js";
import { itemOf, makePlan, NOW } from "./make-plan.js";

const next = { at: new Date("2026-03-02T03:00:00Z"), dryRun: false };
const view = { width: undefined, style: createStyle(false), now: NOW.getTime(), every: false };

const policy = {
  audit: {
    hotDays: 5,
    warmDays: 10,
    coldAction: "archive" as const,
    rules: [
      { name: "people", teamId: ["hr"], agentId: ["agent-0", "agent-2"], warmDays: 7, coldAction: "drop" as const },
      { name: "court", agentId: ["agent-1"], warmDays: "forever" as const },
    ],
  },
  archiveUrl: "file:///var/archive",
};

test("a plan reads like a bill", async () => {
  const plan = await makePlan(policy, { days: 12, perDay: 6, hold: { agentId: "agent-2", reason: "Case 42" } });
  const holdId = plan.kept.find(({ holdIds }) => holdIds !== undefined)?.holdIds?.[0];
  const text = renderPlan(plan, next, view)
    .replace(holdId ?? "", "HOLD-ID")
    .replace(/ +[\d.]+ (B|KiB)(?=\s)/g, " BYTES")
    .replace(/about [\d.]+ (B|KiB)/g, "about BYTES");
  expect(`\n${text}`).toMatchInlineSnapshot(`
    "
    Retention plan for 2026-03-01 12:00:00Z
    audit events    hot for 5 days, archived at 10 days of age
    rule people     team hr, agent agent-0 or agent-2: dropped at 7 days of age
    rule court      agent agent-1: kept forever
    metric samples  hot for 30 days, dropped at 90 days of age
    archive         file:///var/archive
    next run        2026-03-02 03:00:00Z (in 15h)

    Goes
    ACTION   DATA   FROM        TO          PARTITIONS  ROWS    BYTES  WHY
    drop     audit  2026-02-17  2026-02-22           5     5 BYTES  7 to 11 days old, kept for 7 days (rule people)
    archive  audit  2026-02-17  2026-02-19           2     2 BYTES  10 to 11 days old, kept for 10 days

    Stays
    DATA   FROM        TO          PARTITIONS  ROWS     BYTES  UNTIL                     WHY
    audit  2026-02-17  2026-02-22           5    10 BYTES  no date                   legal hold: Case 42
    audit  2026-02-17  2026-02-19           2     4 BYTES  no date                   kept longer: court
    audit  2026-02-19  2026-02-22           3     9 BYTES  2026-03-02 to 2026-03-04  kept longer: court, default
    audit  2026-02-22  2026-03-01           7    42 BYTES  2026-03-02 to 2026-03-08  kept for 7 days
    hold HOLD-ID

    Total  7 rows (about BYTES) leave the store: 2 archived, 5 dropped for good
           65 rows (about BYTES) stay, 10 of them under legal hold
    "
  `);
});

test("four hundred days are a few lines, and with --all every one of them", async () => {
  const plan = await makePlan({ audit: { hotDays: 30, warmDays: 90 } }, { days: 400, perDay: 1 });
  const lines = (every: boolean): number =>
    renderPlan(plan, next, { ...view, every })
      .trimEnd()
      .split("\n").length;
  expect(lines(false)).toBeLessThan(20);
  expect(lines(true)).toBeGreaterThan(400);
  expect(renderPlan(plan, next, view)).toMatch(/drop +audit +2025-01-25 +2025-12-01 +310 +310 .* 90 to 399 days old/);
});

test("foreign retention and archives that are half done are said", async () => {
  const plan = await makePlan({}, { days: 1, perDay: 1 });
  const day = { from: new Date("2026-01-01T00:00:00Z"), to: new Date("2026-01-02T00:00:00Z") };
  const archive = { dataset: "audit", partitionId: "s", ...day, asOf: "1", url: "s3://b", rows: 7, bytes: 0 } as const;
  const text = renderPlan(
    {
      ...plan,
      foreign: [{ dataset: "audit", description: "a policy\u001b[31m of TimescaleDB", remedy: "SELECT remove()" }],
      unfinished: [
        { ...archive, archiveId: "one", state: "writing", startedAt: new Date(NOW.getTime() - 3_600_000) },
        { ...archive, archiveId: "two", state: "verified", startedAt: new Date(NOW.getTime() - 7_200_000) },
      ],
    },
    { ...next, dryRun: true },
    view,
  );
  expect(text).toContain("! a policy\\x1b[31m of TimescaleDB; no run until then: SELECT remove()\n");
  expect(text).toMatch(/one +2026-01-01 +2026-01-02 +7 +1h ago +remove the attempt and write it anew +s3:\/\/b\n/);
  expect(text).toMatch(/two .* +2h ago +verify the files, then drop the rows/);
  expect(text).toContain("a dry run: storage.retention.dry_run is true");
});

describe("grouping", () => {
  test("joins partitions that follow each other, not those with another one between", () => {
    const plan = {
      items: [
        itemOf("drop", "2026-01-01", 1),
        itemOf("drop", "2026-01-02", 2),
        itemOf("archive", "2026-01-03", 4),
        itemOf("drop", "2026-01-04", 8),
      ],
      kept: [],
    };
    const { items } = groupPlan(plan, false);
    expect(items.map(({ partitions, rows, bytes }) => ({ partitions, rows, bytes }))).toEqual([
      { partitions: 2, rows: 3, bytes: 300 },
      { partitions: 1, rows: 4, bytes: 400 },
      { partitions: 1, rows: 8, bytes: 800 },
    ]);
    expect(groupPlan(plan, true).items).toHaveLength(4);
    expect(planTotals(plan)).toMatchObject({
      drop: { partitions: 3, rows: 11 },
      archive: { rows: 4 },
      kept: { rows: 0 },
    });
  });

  test("two actions on each of several partitions are two groups", () => {
    const days = ["2026-01-01", "2026-01-02", "2026-01-03"];
    const items = days.flatMap((day) => [itemOf("drop", day, 1), itemOf("archive", day, 2)]);
    expect(groupPlan({ items, kept: [] }, false).items.map(({ partitions }) => partitions)).toEqual([3, 3]);
  });
});

test("a meter counts what is archived twice, and ends at its total", () => {
  const [archive, drop, compress] = [
    itemOf("archive", "2026-01-01", 100),
    itemOf("drop", "2026-01-02", 50),
    itemOf("compress", "2026-01-03", 1000),
  ];
  const meter = new RunMeter({ items: [archive, drop, compress] });
  expect(meter.total).toBe(250);
  const seen: number[] = [];
  for (const step of [
    { kind: "started", item: archive },
    { kind: "rows", item: archive, phase: "archiving", rows: 60 },
    { kind: "rows", item: archive, phase: "dropping", rows: 10 },
    { kind: "done", item: archive },
    { kind: "started", item: drop },
    { kind: "rows", item: drop, phase: "dropping", rows: 20 },
    { kind: "done", item: drop },
    { kind: "started", item: compress },
    { kind: "done", item: compress },
  ] as const) {
    meter.add(step);
    seen.push(meter.done);
  }
  expect(seen).toEqual([0, 60, 110, 200, 200, 220, 250, 250, 250]);
  expect(meter.note).toBe("compress 1,000 rows of audit 2026-01-03");
});
