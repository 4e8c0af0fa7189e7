import type { RetentionSupport } from "@agent-assembly/storage-core/backend";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, describe, expect, it, vi } from "vitest";
import { databaseOfFile, type PostgresProfile, poolOn } from "../setup/database.js";
import { retentionOn } from "../support/retention-on.js";

const ROUNDS = 50;

describe.each<PostgresProfile>(["postgres", "postgres-15"])("leases on %s", (profile) => {
  describeNeeding(profile, "as processes see them", async () => {
    const database = await databaseOfFile(profile, "leases");
    const pools = [poolOn(database), poolOn(database, { prepare: false })];
    afterAll(() => Promise.all(pools.map((pool) => pool.close())));
    const [first, second] = pools.map((pool) => retentionOn(pool)) as [RetentionSupport, RetentionSupport];

    it("goes to one of those who ask at once", async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const asked = await Promise.all([first, second, first, second].map((one) => one.lease("raced", 60_000)));
        const held = asked.filter((lease) => lease !== undefined);
        expect(held).toHaveLength(1);
        await held[0]?.release();
      }
    });

    it("goes to one of those who ask at once when it has expired", async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const name = `expired ${round}`;
        await pools[0]?.run((sql) => sql`INSERT INTO leases VALUES (${name}, 'gone', clock_timestamp())`);
        const asked = await Promise.all([first, second].map((one) => one.lease(name, 60_000)));
        expect(asked.filter((lease) => lease !== undefined)).toHaveLength(1);
      }
    });

    it("expires by the server's clock, whatever the process's says", async () => {
      const lease = await first.lease("timed", 600_000);
      const ends = Date.now() + 600_000;
      vi.useFakeTimers({ toFake: ["Date"], now: ends + 86_400_000 });
      try {
        expect(await second.lease("timed", 1000)).toBeUndefined();
        expect(await lease?.renew()).toBe(true);
        expect(Math.abs((lease?.expiresAt.getTime() ?? 0) - ends)).toBeLessThan(300_000);
      } finally {
        vi.useRealTimers();
      }
      const short = await first.lease("short", 1000);
      const next = await vi.waitUntil(() => second.lease("short", 60_000), { timeout: 20_000, interval: 20 });
      expect(await short?.renew()).toBe(false);
      await short?.release();
      expect(await first.lease("short", 1000)).toBeUndefined();
      expect(await next.renew()).toBe(true);
    });

    it("takes a hostile name", async () => {
      const name = "'; DROP TABLE leases; -- %\\ \u{1F600}";
      await using lease = await second.lease(name, 1000);
      expect(lease?.name).toBe(name);
      expect(await first.lease(name, 1000)).toBeUndefined();
    });
  });
});
