import { setImmediate as nextTurn } from "node:timers/promises";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { CronLine } from "../../src/schedule/cron.js";
import type { ScheduleEvent } from "../../src/schedule/events.js";
import { type ScheduleOptions, scheduleRetention } from "../../src/schedule/schedule.js";
import { add, DAY_MS, memoryStore, NOW } from "../support/store.js";

const DAILY = "0 3 * * *";

/** Time stands unless a test waits for something; then it passes as fast as the machine can. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Longer than anything here is waited for, by the clock that is moved. */
const PATIENCE_MS = 300_000;
const STEP_MS = 50;

function start(storage: StorageBackend, options: ScheduleOptions) {
  const events: ScheduleEvent[] = [];
  const schedule = scheduleRetention(storage, { jitterMs: 0, ...options, onEvent: (event) => events.push(event) });
  onTestFinished(() => schedule.stop());
  const until = async (kind: ScheduleEvent["kind"], count = 1): Promise<void> => {
    const giveUp = Date.now() + PATIENCE_MS;
    while (events.filter((event) => event.kind === kind).length < count) {
      if (Date.now() > giveUp) throw new Error(`waited in vain for ${count} x ${kind}: ${JSON.stringify(events)}`);
      await vi.advanceTimersByTimeAsync(STEP_MS);
      // A run gives the event loop its turns, which are not moved by the clock.
      await nextTurn();
    }
  };
  return { schedule, events, until, kinds: () => events.map(({ kind }) => kind) };
}

const THREE = Date.UTC(2030, 5, 16, 3);

describe("a schedule", () => {
  it("runs at its time, once, and waits for the next", async () => {
    vi.setSystemTime(THREE - 300);
    const storage = memoryStore();
    await add(storage, [{ day: 300, count: 4 }]);
    const { schedule, events, until } = start(storage, { schedule: DAILY });
    expect(schedule.nextRun).toEqual(new Date(THREE));
    await until("ended");
    expect(events.find(({ kind }) => kind === "ended")).toMatchObject({
      scheduledFor: new Date(THREE),
      report: { outcome: "succeeded", rows: 4 },
    });
    await until("waiting", 2);
    expect(events.at(-1)).toEqual({ kind: "waiting", until: new Date(THREE + DAY_MS) });
    expect(await storage.retentionSupport.runs()).toMatchObject([{ scheduledFor: new Date(THREE) }]);
  });

  it("runs at its time also when that comes between two looks at the clock", async () => {
    for (let looksBefore = 1; looksBefore < 12; looksBefore++) {
      let now = THREE - looksBefore;
      const clock = (): number => now++;
      const { schedule, events, until } = start(memoryStore(), { schedule: DAILY, clock });
      await until("ended");
      const begun = events.flatMap((event) => (event.kind === "started" ? [event.scheduledFor] : []));
      expect(begun, `${looksBefore} looks before`).toEqual([new Date(THREE)]);
      await schedule.stop();
    }
  });

  it("makes up for the last run that was missed, and for no other", async () => {
    vi.setSystemTime(THREE + 3_600_000);
    const storage = memoryStore();
    const done = new Date(THREE - 5 * DAY_MS);
    const record = { runId: "r", startedAt: done, finishedAt: done, scheduledFor: done, rows: 0, bytes: 0, detail: "" };
    await storage.retentionSupport.recordRun({ ...record, outcome: "succeeded" });
    const { events, until } = start(storage, { schedule: DAILY });
    await until("ended");
    await until("waiting");
    expect(events.filter(({ kind }) => kind === "started")).toEqual([
      { kind: "started", scheduledFor: new Date(THREE), missed: true },
    ]);
  });

  it("makes nothing up where there never was a run", async () => {
    vi.setSystemTime(THREE + 3_600_000);
    const { events, until } = start(memoryStore(), { schedule: DAILY });
    await until("waiting");
    expect(events).toEqual([{ kind: "waiting", until: new Date(THREE + DAY_MS) }]);
  });

  it("resumes an interrupted run", async () => {
    vi.setSystemTime(THREE + 60_000);
    const storage = memoryStore();
    const at = new Date(THREE);
    const record = { runId: "r", startedAt: at, finishedAt: at, scheduledFor: at, rows: 0, bytes: 0, detail: "" };
    await storage.retentionSupport.recordRun({ ...record, outcome: "interrupted" });
    const { events, until } = start(storage, { schedule: DAILY });
    await until("ended");
    expect(events[0]).toEqual({ kind: "started", scheduledFor: at, missed: true });
  });

  it("is run by one of several processes", async () => {
    vi.setSystemTime(THREE - 300);
    const storage = memoryStore();
    await add(storage, [{ day: 300, count: 4 }]);
    const replicas = Array.from({ length: 3 }, () => start(storage, { schedule: DAILY, leaseMs: 60_000 }));
    await Promise.all(replicas.map(({ until }) => until("waiting", 2)));
    expect(replicas.flatMap(({ kinds }) => kinds()).filter((kind) => kind === "ended")).toHaveLength(1);
    expect(await storage.retentionSupport.runs()).toHaveLength(1);
  });

  it("is taken over when its owner's lease runs out", async () => {
    vi.setSystemTime(THREE - 200);
    const storage = memoryStore();
    await add(storage, [{ day: 300, count: 4 }]);
    // An owner that died in the middle of its run.
    await storage.retentionSupport.lease("retention", 60_000);
    const at = new Date(THREE);
    await storage.retentionSupport.recordRun({
      ...{ runId: "dead", startedAt: at, scheduledFor: at, rows: 0, bytes: 0, detail: "" },
      outcome: "running",
    });
    const { events, until, kinds } = start(storage, { schedule: DAILY, leaseMs: 60_000 });
    await until("ended");
    expect(kinds()).toContain("left");
    // Not before the lease was over, and then at the next look.
    expect(Date.now()).toBeGreaterThanOrEqual(THREE - 200 + 60_000);
    expect(Date.now()).toBeLessThan(THREE + 60_000 + 60_000 / 6 + 1000);
    expect(events.find(({ kind }) => kind === "ended")).toMatchObject({ report: { rows: 4 } });
    const runs = await storage.retentionSupport.runs();
    expect(runs.map(({ outcome }) => outcome).toSorted()).toEqual(["interrupted", "succeeded"]);
  });

  it("takes another policy and another time while it waits, and refuses bad ones", async () => {
    const storage = memoryStore();
    await add(storage, [{ day: 40, count: 4 }]);
    const { schedule, until, events } = start(storage, { schedule: DAILY });
    await until("waiting");
    expect(() => schedule.update({ schedule: "soon" })).toThrow(/five cron fields/);
    expect(() => schedule.update({ schedule: "0 12 * * *", policy: { audit: { hotDays: 0 } } })).toThrow(/hotDays/);
    expect(schedule.nextRun).toEqual(new Date(THREE));
    vi.setSystemTime(Date.UTC(2030, 5, 15, 13, 59, 59, 700));
    schedule.update({ schedule: "0 14 * * *", policy: { audit: { hotDays: 1, warmDays: 2 } } });
    await until("ended");
    expect(events.find(({ kind }) => kind === "ended")).toMatchObject({ report: { rows: 4 } });
  });

  it("only plans in a dry run", async () => {
    vi.setSystemTime(THREE - 200);
    const storage = memoryStore();
    await add(storage, [{ day: 300, count: 4 }]);
    const { until, events } = start(storage, { schedule: DAILY, dryRun: true });
    await until("waiting", 2);
    expect(events.find(({ kind }) => kind === "planned")).toMatchObject({ plan: { items: [{ rows: 4 }] } });
    expect(await storage.audit.count()).toBe(4);
    expect(await storage.retentionSupport.runs()).toEqual([]);
  });

  it("tells of a store that is away, and asks again", async () => {
    const storage = memoryStore();
    const retentionSupport = { ...storage.retentionSupport, runs: async () => Promise.reject(new Error("away")) };
    const { until, schedule } = start({ ...storage, retentionSupport }, {});
    await until("failed");
    await schedule.stop();
  });

  it("stops in the middle of waiting, before anything else gets its turn", async () => {
    const { schedule, until } = start(memoryStore(), {});
    await until("waiting");
    const order: string[] = [];
    const turn = nextTurn().then(() => order.push("turn"));
    await schedule.stop();
    order.push("stopped");
    await schedule.stop();
    await turn;
    expect(order).toEqual(["stopped", "turn"]);
  });
});

describe("a cron line", () => {
  it.each(["", "soon", "* * * *", "61 * * * *", "0 3 * * * *", "0 0 30 2 *"])("is refused when bad: %s", (line) => {
    expect(() => new CronLine(line)).toThrow(/schedule/);
  });

  it("is in UTC, and its latest instant may be now", () => {
    const line = new CronLine("30 2 * * *");
    expect(line.next(new Date("2030-03-31T00:00:00Z"))).toEqual(new Date("2030-03-31T02:30:00Z"));
    const at = new Date("2030-03-31T02:30:00Z");
    expect(line.latest(new Date(at.getTime() - DAY_MS), at)).toEqual(at);
    expect(line.latest(at, new Date(at.getTime() + 1000))).toBeUndefined();
    expect(line.latest(new Date(at.getTime() - 9 * DAY_MS), new Date(at.getTime() - 1))).toEqual(
      new Date(at.getTime() - DAY_MS),
    );
  });
});
