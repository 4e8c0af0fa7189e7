import { describe, expect, test } from "vitest";
import { found, verified } from "../support/exports.js";
import { MemoryLog } from "../support/memory-log.js";

const NOV_28 = { from: new Date("2026-11-28T00:00:00Z"), to: new Date("2026-11-29T00:00:00Z") };

/** Ten days of 144 events, sealed twice a day, and a few that no seal closes. */
function tenDays(): MemoryLog {
  const log = new MemoryLog();
  for (let seal = 0; seal < 20; seal++) log.append(71).seal();
  return log.append(9);
}

test("a whole log is complete", async () => {
  const report = await verified(tenDays());
  expect([found(report), report.unchecked]).toEqual([[], []]);
  expect(report).toMatchObject({ isComplete: true, events: 1_429, present: 1_429, missing: 0, erased: 0, dropped: 0 });
  expect(report.checkpoint).toEqual({ origin: "example.com/audit", size: 1_449 });
});

test("a log without leaves is complete", async () => {
  expect(await verified(new MemoryLog())).toMatchObject({ isComplete: true, events: 0 });
});

test("of a range, the events of the days that the seals count in it", async () => {
  const log = tenDays();
  const report = await verified(log, NOV_28);
  const events = Array.from({ length: log.size }, (_, leaf) => leaf)
    .filter((leaf) => !log.statementEntries.has(leaf))
    .filter((leaf) => log.eventOf(leaf).ts >= NOV_28.from && log.eventOf(leaf).ts < NOV_28.to).length;
  expect(found(report)).toEqual([]);
  expect(report).toMatchObject({ isComplete: true, ...NOV_28, events, present: events });
  expect(events).toBeGreaterThan(130);
});

test("a narrower range of a wider export", async () => {
  const verify = { from: new Date("2026-11-28T06:00:00Z"), to: new Date("2026-11-28T07:00:00Z") };
  const report = await verified(tenDays(), { verify });
  expect(report).toMatchObject({ isComplete: true, ...verify });
  expect(report.events).toBeLessThan(9);
  expect(report.events).toBeGreaterThan(4);
});

test("a range that the export does not have is unchecked, which is no pass", async () => {
  const report = await verified(tenDays(), { ...NOV_28, verify: { to: new Date("2026-11-30T00:00:00Z") } });
  expect(report).toMatchObject({ isComplete: false, findingCount: 0, events: 0 });
  expect(report.unchecked).toEqual([
    "the export is of the time from 2026-11-28T00:00:00.000Z to before 2026-11-29T00:00:00.000Z, and more was asked for",
  ]);
});

describe("rows that a run dropped", () => {
  test("are counted by the seals, although row and entry are gone", async () => {
    const log = tenDays();
    log.drop("run-1", [[10, 60]]);
    const report = await verified(log.seal());
    expect(found(report)).toEqual([]);
    expect(report).toMatchObject({ isComplete: true, events: 1_429, present: 1_369, dropped: 60, runs: ["run-1"] });
  });

  test("of whole bundles, whose tiles are gone, too", async () => {
    const log = tenDays();
    const runs = [...Array(8).keys()].map((seal) => [seal * 72, 71] as const);
    log.drop("run-1", runs);
    log.seal();
    for (const bundle of ["000", "001"]) expect(log.tiles.delete(`tile/0/${bundle}`)).toBe(true);
    const report = await verified(log);
    expect(found(report)).toEqual([]);
    expect(report).toMatchObject({ isComplete: true, events: 1_429, dropped: 568, runs: ["run-1"] });
  });

  test("on a day of which a part is asked for are said to be undecided", async () => {
    const log = tenDays();
    // One of them is late, and of the day before.
    log.drop("run-1", [[144, 20]]);
    const range = { from: new Date("2026-11-28T01:00:00Z"), to: new Date("2026-11-29T00:00:00Z") };
    const report = await verified(log.seal(), range);
    expect(found(report)).toEqual([]);
    expect(report).toMatchObject({ dropped: 0, droppedAtEdges: 19, runs: ["run-1"] });
  });

  test("by a run that was announced and is not done yet", async () => {
    const log = tenDays();
    log.drop("run-1", [[10, 5]], { isDone: false });
    expect(await verified(log)).toMatchObject({ isComplete: true, dropped: 5, runs: ["run-1"] });
  });

  test("more than the run stated in the end are a finding", async () => {
    const log = tenDays();
    log.drop("run-1", [[10, 5]]);
    log.rows.set(15, null);
    const report = await verified(log.seal());
    expect(found(report)).toEqual(["dropped_without_record 15"]);
    expect(report).toMatchObject({ isComplete: false, missing: 1 });
  });

  test("and restored must be there again", async () => {
    const log = tenDays();
    log.drop("run-1", [[10, 5]]);
    log.restore([[10, 5]]);
    expect(await verified(log)).toMatchObject({ isComplete: true, dropped: 0, present: 1_429 });
    log.rows.set(12, null);
    expect(found(await verified(log))).toEqual(["dropped_without_record 12"]);
    log.rows.delete(12);
    log.drop("run-2", [[12, 1]]);
    expect(await verified(log)).toMatchObject({ isComplete: true, dropped: 1, droppedAtEdges: 0, runs: ["run-2"] });
  });

  test("that no seal closes yet", async () => {
    const log = tenDays();
    log.drop("run-1", [[1_443, 3]]);
    expect(await verified(log)).toMatchObject({ isComplete: true, droppedAtEdges: 3, runs: ["run-1"] });
  });
});

describe("events of which parts were erased", () => {
  test("are compared in all that is left", async () => {
    const log = tenDays();
    log.erase("R1", [
      [20, [1, 4]],
      [22, [2]],
      [300, [4, 5, 6]],
    ]);
    const report = await verified(log.seal());
    expect(found(report)).toEqual([]);
    expect(report).toMatchObject({ isComplete: true, erased: 3, present: 1_429 });
    log.rows.set(20, { ...(log.rowOf(20) as never as object), decision: "other" } as never);
    expect(found(await verified(log))).toEqual(["edited 20"]);
  });

  test("by an erasure that was announced, and has reached some of them", async () => {
    const log = tenDays();
    log.erase("R1", [[20, [4]]]);
    log.erase("R2", [[22, [4]]], { isDone: false });
    expect(await verified(log)).toMatchObject({ isComplete: true, erased: 1 });
    log.rows.set(22, { ...log.eventOf(22), decision: "other" });
    expect(found(await verified(log.seal()))).toEqual(["edited 22"]);
  });

  test("that are there again are a finding", async () => {
    const log = tenDays();
    log.erase("R1", [[20, [2]]]);
    log.rows.set(20, log.eventOf(20));
    expect(found(await verified(log))).toEqual(["edited 20"]);
  });

  test("without a statement are a finding", async () => {
    const log = tenDays();
    log.erase("R1", [[20, [4]]], { isStated: false });
    expect(found(await verified(log))).toEqual(["erased_without_record 20"]);
  });
});

test("an edited row, a removed one, and one of another leaf", async () => {
  const log = tenDays();
  log.rows.set(20, { ...log.eventOf(20), decision: "other" });
  log.rows.set(30, null);
  log.rows.set(40, log.eventOf(41));
  const report = await verified(log);
  expect(found(report)).toEqual(["edited 20", "dropped_without_record 30", "edited 40"]);
  expect(report.findings[0]).toMatchObject({ eventId: log.eventOf(20).eventId });
  expect(report).toMatchObject({ isComplete: false, findingCount: 3 });
});

describe("seals that lie", () => {
  type Change = NonNullable<Parameters<MemoryLog["seal"]>[0]>;
  const sealed = async (change: Change): Promise<string[]> =>
    found(await verified(new MemoryLog().append(100).seal().append(100).seal(change).append(100).seal()));

  test.each<readonly [string, Change, string]>([
    ["in the days", (seal) => ({ ...seal, days: { "2026-11-27": 100 } }), "seal_damaged 201"],
    ["in the root", (seal) => ({ ...seal, root: "2zQm6HgGjSjSabbIcXIyLOU3K2V1bQeJAB00g19gHAM=" }), "seal_damaged 201"],
    ["in the seal before", (seal) => ({ ...seal, prev: seal.root }), "seal_damaged 100"],
    ["in their number", (seal) => ({ ...seal, n: 5 }), "seal_missing 201"],
    ["in what they close", (seal) => ({ ...seal, first: 100 }), "seal_damaged 201"],
  ])("%s", async (_, change, wanted) => expect(await sealed(change)).toEqual([wanted]));

  test("in fewer events than there are", async () => {
    const log = new MemoryLog()
      .append(100)
      .seal(({ days, ...seal }) => ({ ...seal, days: { ...days, "2026-11-27": 90 } }));
    expect(found(await verified(log))).toEqual(["export_incomplete 100", "seal_damaged 100"]);
  });
});

test("receipts of anchors are compared with the tree", async () => {
  const log = new MemoryLog().append(100).seal();
  await log.anchor();
  log.append(50);
  await log.anchor();
  log.append(50);
  await log.anchor();
  // The first that has all of the range, and the newest.
  const range = { to: new Date("2026-11-27T01:00:00Z") };
  expect((await verified(log, range)).anchors).toMatchObject([{ anchor: "file", size: 101 }, { size: 201 }]);

  const other = new MemoryLog().append(99).seal().append(101);
  other.anchored.push(...log.anchored.slice(0, 1));
  expect(found(await verified(other))).toEqual(["history_forked"]);
  other.anchored.splice(0, 1, { ...(log.anchored[0] as (typeof log.anchored)[0]), checkpoint: "none" });
  expect(found(await verified(other))).toEqual(["checkpoint_forged"]);
  const shorter = new MemoryLog().append(50);
  shorter.anchored.push(...log.anchored.slice(0, 1));
  expect(found(await verified(shorter))).toEqual(["rollback"]);
});

test("checkpoints that an auditor has must be continued", async () => {
  const log = new MemoryLog();
  for (let seal = 0; seal < 5; seal++) log.append(71).seal();
  const note = await log.sign();
  for (let seal = 5; seal < 20; seal++) log.append(71).seal();
  const range = { from: new Date("2026-12-05T00:00:00Z"), to: new Date("2026-12-06T00:00:00Z") };
  const shown = await verified(log, { ...range, earlier: [360], verify: { earlier: [note] } });
  expect(shown).toMatchObject({ isComplete: true, earlier: [360] });
  const hidden = await verified(log, { ...range, verify: { earlier: [note] } });
  expect(hidden).toMatchObject({ isComplete: false, findingCount: 0, earlier: [] });
  expect(hidden.unchecked).toEqual([expect.stringContaining("whether its tree continues the earlier checkpoint 1")]);

  const cut = new MemoryLog().append(100);
  expect(found(await verified(cut, { earlier: [360], verify: { earlier: [note] } }))).toEqual(["rollback"]);
  const forked = new MemoryLog().append(500).seal();
  expect(found(await verified(forked, { earlier: [360], verify: { earlier: [note] } }))).toEqual(["history_forked"]);
  const changed = note.replace("\n360\n", "\n359\n");
  expect(found(await verified(log, { verify: { earlier: [changed, "none"] } }))).toEqual([
    "checkpoint_forged",
    "checkpoint_forged",
  ]);
});

test("a statement of a later version is unchecked, which is no pass", async () => {
  const log = new MemoryLog().append(100);
  log.stateBytes(Buffer.from('{"at":"2026-11-28T10:00:00.000Z","t":"policy","v":1}'));
  const report = await verified(log.seal());
  expect(report).toMatchObject({ isComplete: false, findingCount: 0, events: 100, present: 100 });
  expect(report.unchecked).toEqual(["leaf 100 is a statement of a kind that this version does not know"]);
});
