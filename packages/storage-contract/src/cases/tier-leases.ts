import assert from "node:assert/strict";
import type { RetentionRun } from "@agent-assembly/storage-core";
import { rejects } from "../assert.js";
import { defineCases } from "../contract-case.js";
import { ANY_TIME, NOW } from "../fixtures.js";

const TTL = 10_000;

function run(n: number, members: Partial<RetentionRun> = {}): RetentionRun {
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

/** Leases and the record of runs. */
export const tierLeaseCases = defineCases([
  {
    id: "tiers.lease.exclusive",
    title: "a held lease is not given again, other names are, and releasing lets the next one in",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      const first = (await tiers.lease("retention", TTL)) ?? assert.fail("the lease is free");
      assert.equal(first.name, "retention");
      assert.deepEqual(first.expiresAt, new Date(NOW + TTL));
      assert.equal(await tiers.lease("retention", TTL), undefined);
      assert.notEqual(await tiers.lease("other", TTL), undefined);
      await first.release();
      await first.release();
      const second = (await tiers.lease("retention", TTL)) ?? assert.fail("the lease was released");
      await first.release();
      assert.equal(await first.renew(), false);
      assert.equal(await tiers.lease("retention", TTL), undefined);
      await second[Symbol.asyncDispose]();
      assert.notEqual(await tiers.lease("retention", TTL), undefined);
    },
  },
  {
    id: "tiers.lease.expires",
    title: "a lease ends at its time unless renewed; whoever lost it cannot renew it or release the new holder's",
    async run({ storage }) {
      let now = NOW;
      const { tiers } = await storage({ ...ANY_TIME, clock: () => now });
      const first = (await tiers.lease("retention", TTL)) ?? assert.fail("the lease is free");
      now += TTL - 1;
      assert.equal(await tiers.lease("retention", TTL), undefined);
      assert.equal(await first.renew(), true);
      assert.deepEqual(first.expiresAt, new Date(now + TTL));
      now += TTL - 1;
      assert.equal(await tiers.lease("retention", TTL), undefined);
      now += 1;
      const second = (await tiers.lease("retention", TTL)) ?? assert.fail("the lease has expired");
      assert.equal(await first.renew(), false);
      await first.release();
      assert.equal(await tiers.lease("retention", TTL), undefined);
      assert.equal(await second.renew(), true);
    },
  },
  {
    id: "tiers.lease.bad-input",
    title: "names and times that cannot be are refused",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      await rejects(() => tiers.lease("", TTL), "invalid_argument", /name/);
      for (const ttl of [0, 999, 86_400_001, 1000.5, Number.NaN, "1000"]) {
        await rejects(() => tiers.lease("retention", ttl as number), "invalid_argument", /ttlMs/);
      }
      assert.notEqual(await tiers.lease("retention", 1000), undefined);
    },
  },
  {
    id: "tiers.runs.newest-first",
    title: "runs read back as recorded, newest first, up to the limit",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      assert.deepEqual(await tiers.runs(), []);
      const detail = "segment 'x': \"busy\"\nline two é";
      const all = [run(1), run(2, { outcome: "failed", detail }), run(3, { outcome: "interrupted" })];
      for (const n of [1, 0, 2]) await tiers.recordRun(all[n] as RetentionRun);
      assert.deepEqual(await tiers.runs(), all.toReversed());
      assert.deepEqual(await tiers.runs({ limit: 2 }), all.toReversed().slice(0, 2));
    },
  },
  {
    id: "tiers.runs.refusals",
    title: "a taken runId is a conflict; bad runs and limits are refused; nothing is recorded",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      await tiers.recordRun(run(1));
      await rejects(() => tiers.recordRun(run(1, { rows: 7 })), "conflict");
      const bad: Partial<Record<keyof RetentionRun, unknown>>[] = [
        { runId: "" },
        { startedAt: "2026-01-01" },
        { finishedAt: new Date(Number.NaN) },
        { outcome: "fine" },
        { rows: -1 },
        { bytes: 1.5 },
        { detail: undefined },
        { detail: "\u0000" },
        { note: "x" } as never,
      ];
      for (const members of bad) {
        await rejects(() => tiers.recordRun({ ...run(2), ...members } as never), "invalid_argument", /run/);
      }
      for (const limit of [0, 1001, 1.5]) await rejects(() => tiers.runs({ limit }), "invalid_argument", /limit/);
      assert.deepEqual(await tiers.runs(), [run(1)]);
    },
  },
]);
