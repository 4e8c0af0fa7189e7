import { openMemoryApprovals, openMemoryRateLimiter } from "@agent-assembly/storage-core/state";
import { describe, expect, it } from "vitest";

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
