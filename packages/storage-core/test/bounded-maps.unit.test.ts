import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { openMemoryApprovals, openMemoryRateLimiter, openPolicyCache } from "@agent-assembly/storage-core/state";
import { describe, expect, it } from "vitest";
import { MemoryMetricDriver } from "../src/memory/metric-driver.js";
import type { SampleRow } from "../src/metrics/parse.js";

describe("rate limits in memory", () => {
  const limit = (id: string) => [{ scope: "agent", id, limit: 1, windowMs: 1000 }];

  it("keep no more counts than they may, say so, and forget none that is in force", async () => {
    let now = 0;
    await using limiter = openMemoryRateLimiter({ clock: () => now, maxCounts: 100 });
    for (let n = 0; n < 100; n++) expect((await limiter.check(limit(`a${n}`))).allowed).toBe(true);
    await expect(limiter.check(limit("one more"))).rejects.toMatchObject({
      code: "too_large",
      message: expect.stringMatching(/beyond the 100 that are kept at a time.*raise options\.maxCounts/),
    });
    expect(await limiter.health()).toMatchObject({ status: "degraded", details: { counts: 100, maxCounts: 100 } });
    expect((await limiter.check(limit("a7"))).allowed).toBe(false);
    now = 1001;
    expect((await limiter.check(limit("one more"))).allowed).toBe(true);
    expect(await limiter.health()).toMatchObject({ status: "ok", problems: [] });
  });

  it("stay small under a flood of ids that are checked once", async () => {
    let now = 0;
    await using limiter = openMemoryRateLimiter({ clock: () => now, maxCounts: 1000 });
    for (let n = 0; n < 20_000; n++) {
      now++;
      await limiter.check(limit(`a${n}`)).catch(() => undefined);
    }
    expect((await limiter.health()).details.counts).toBeLessThanOrEqual(1000);
  });
});

describe("approvals in memory", () => {
  it("keep no more requests than they may; the same request again is no other", async () => {
    await using approvals = openMemoryApprovals({ maxRequests: 2 });
    const request = (requestId: string) => ({ requestId, agentId: "a", action: "b", request: {} });
    await approvals.submit(request("1"));
    await approvals.submit(request("2"));
    await approvals.submit(request("2"));
    await expect(approvals.submit(request("3"))).rejects.toMatchObject({
      code: "too_large",
      message: expect.stringMatching(/one more than the 2 requests that are kept.*options\.maxRequests/),
    });
    expect((await approvals.list()).items).toHaveLength(2);
  });
});

describe("changes of policies that could not be announced", () => {
  it("are remembered up to ten thousand, and health says what happens to older ones", async () => {
    await using cache = openPolicyCache({
      store: { active: async () => undefined },
      channel: { name: "wire", publish: () => Promise.reject(new Error("cut")), subscribe: () => () => undefined },
    });
    const problem = async () => (await cache.health()).problems.join();
    for (let n = 0; n < 9999; n++) await cache.invalidate(`p${n}`).catch(() => undefined);
    expect(await problem()).toMatch(/9999 changes have not been announced to other processes$/);
    for (let n = 0; n < 100; n++) await cache.invalidate(`q${n}`).catch(() => undefined);
    expect(await problem()).toMatch(/10000 changes .*, and older ones will not be: they see them within the TTL$/);
  });
});

describe("policies in the cache", () => {
  it("are dropped one by one under a flood of names, and health says how many are kept", async () => {
    await using cache = openPolicyCache({ store: { active: async () => undefined }, maxEntries: 10 });
    for (let n = 0; n < 1000; n++) await cache.active(`p${n}`);
    expect((await cache.health()).details).toMatchObject({ entries: 10 });
    expect((await cache.active("p999")).source).toBe("process");
    expect((await cache.active("p0")).source).toBe("store");
  });
});

describe("metrics in memory", () => {
  const sample = (metric: string, ts: number): SampleRow =>
    ({ metric, ts, value: 1, agentId: null, teamId: null, labels: {} }) as SampleRow;

  it("forget names too, under a flood of metrics with one sample each", async () => {
    const driver = new MemoryMetricDriver({ maxSamples: 100, maxMinutes: 100 });
    for (let batch = 0; batch < 30; batch++) {
      const samples = Array.from({ length: 1000 }, (_, n) => sample(`m${batch * 1000 + n}`, batch * 60_000));
      await driver.record(samples, new Map());
    }
    const metrics = await driver.list("");
    expect(metrics.length).toBeLessThanOrEqual(10_000 + 300);
    expect(metrics.some(({ name }) => name === "m29999")).toBe(true);
  });

  it("take no more definitions than ten thousand", async () => {
    await using storage = openMemoryStorage();
    for (let n = 0; n < 10_000; n++) await storage.metrics.define({ name: `m${n}`, kind: "gauge" });
    await expect(storage.metrics.define({ name: "more", kind: "gauge" })).rejects.toMatchObject({
      code: "full",
      message: expect.stringMatching(/room for the definitions of 10000 metrics in memory/),
    });
    await storage.metrics.define({ name: "m7", kind: "gauge" });
  });
});
