import assert from "node:assert/strict";
import type { FinishedRun, RunningRun } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, NOW } from "../../support/fixtures.js";

function run(n: number, members: Partial<FinishedRun> = {}): FinishedRun {
  return {
    runId: `run-${n}`,
    startedAt: new Date(NOW + n * 1000),
    finishedAt: new Date(NOW + n * 1000 + 500),
    outcome: "succeeded",
    rows: n,
    bytes: n * 100,
    detail: "",
    ...members,
  };
}

/** The record of retention runs. */
export const runCases = defineCases([
  {
    id: "retention.runs.newest-first",
    title: "runs read back as recorded, newest first, up to the limit",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      assert.deepEqual(await retentionSupport.runs(), []);
      const detail = "partition 'x': \"busy\"\nline two é";
      const all = [run(1), run(2, { outcome: "failed", detail }), run(3, { outcome: "interrupted" })];
      for (const n of [1, 0, 2]) await retentionSupport.recordRun(all[n] as FinishedRun);
      assert.deepEqual(await retentionSupport.runs(), all.toReversed());
      assert.deepEqual(await retentionSupport.runs({ limit: 2 }), all.toReversed().slice(0, 2));
    },
  },
  {
    id: "retention.runs.refusals",
    title: "a taken runId is a conflict; bad runs and limits are refused; nothing is recorded",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      await retentionSupport.recordRun(run(1));
      await rejects(() => retentionSupport.recordRun(run(1, { rows: 7 })), "conflict");
      const bad: Partial<Record<keyof FinishedRun, unknown>>[] = [
        { runId: "" },
        { startedAt: "2026-01-01" },
        { finishedAt: new Date(Number.NaN) },
        { finishedAt: undefined },
        { outcome: "fine" },
        { outcome: "running" },
        { scheduledFor: NOW },
        { rows: -1 },
        { bytes: 1.5 },
        { detail: undefined },
        { detail: "\u0000" },
        { note: "x" } as never,
      ];
      for (const members of bad) {
        await rejects(() => retentionSupport.recordRun({ ...run(2), ...members } as never), "invalid_argument", /run/);
      }
      for (const limit of [0, 1001, 1.5])
        await rejects(() => retentionSupport.runs({ limit }), "invalid_argument", /limit/);
      assert.deepEqual(await retentionSupport.runs(), [run(1)]);
    },
  },
  {
    id: "retention.runs.running",
    title: "a run is recorded while it runs, and once more with its outcome; anything else is a conflict",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      const scheduledFor = new Date(NOW);
      const { finishedAt: _, ...members } = run(1, { scheduledFor, rows: 0, bytes: 0 });
      const begun: RunningRun = { ...members, outcome: "running" };
      await retentionSupport.recordRun({ ...begun, finishedAt: undefined } as RunningRun);
      assert.deepEqual(await retentionSupport.runs(), [begun]);
      await rejects(() => retentionSupport.recordRun(begun), "conflict", /runId/);
      const ended = run(1, { outcome: "failed", scheduledFor, detail: "disk full" });
      await rejects(() => retentionSupport.recordRun({ ...ended, startedAt: new Date(NOW) }), "conflict", /startedAt/);
      assert.deepEqual(await retentionSupport.runs(), [begun]);
      await retentionSupport.recordRun(ended);
      assert.deepEqual(await retentionSupport.runs(), [ended]);
      for (const again of [begun, ended, run(1)])
        await rejects(() => retentionSupport.recordRun(again), "conflict", /runId/);
      assert.deepEqual(await retentionSupport.runs(), [ended]);
      await retentionSupport.recordRun({ ...run(2), scheduledFor: undefined });
      assert.deepEqual(await retentionSupport.runs(), [run(2), ended]);
    },
  },
  {
    id: "retention.runs.ties",
    title: "runs that began at one instant come by runId, descending by code point, beyond U+FFFF too",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      const ids = ["A", "B", "a", "run-1", "run-10", "run-2", "z", "é", "\ue000", "\uffff", "\u{10000}", "😀"];
      for (const runId of [...ids.slice(5), ...ids.slice(0, 5)]) await retentionSupport.recordRun(run(1, { runId }));
      await retentionSupport.recordRun(run(2, { runId: "!" }));
      const order = ["!", ...ids.toReversed()];
      assert.deepEqual(
        (await retentionSupport.runs()).map(({ runId }) => runId),
        order,
      );
      assert.deepEqual(
        (await retentionSupport.runs({ limit: 4 })).map(({ runId }) => runId),
        order.slice(0, 4),
      );
    },
  },
  {
    id: "retention.runs.default-limit",
    title: "without a limit the newest 100 runs come; up to 1,000 can be asked for",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      for (let n = 0; n < 101; n++) await retentionSupport.recordRun(run(n));
      const runs = await retentionSupport.runs();
      assert.equal(runs.length, 100);
      assert.deepEqual([runs[0], runs[99]], [run(100), run(1)]);
      assert.deepEqual(await retentionSupport.runs({}), runs);
      assert.equal((await retentionSupport.runs({ limit: 1000 })).length, 101);
      await rejects(() => retentionSupport.runs({ limt: 5 } as never), "invalid_argument", /unknown key "limt"/);
    },
  },
]);
