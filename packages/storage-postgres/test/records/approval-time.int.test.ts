import type { TableStateSupport } from "@agent-assembly/storage-core/state";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { describe, expect, it, vi } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { databaseOfFile, type PostgresProfile } from "../setup/database.js";

const HOUR_MS = 3_600_000;
/** Over by the time the next statement runs. */
const OVER_MS = 1;

/** The contract moves a clock of its own. */
describe.each<PostgresProfile>(["postgres", "postgres-15"])("requests for approval on %s", (profile) => {
  describeNeeding(profile, "by the server's clock", async () => {
    const database = await databaseOfFile(profile, "approval_time");

    it.each([
      ["with prepared statements", true],
      ["as through a pooler", false],
    ])("expire and are given back, whatever the process's says: %s", async (how, prepare) => {
      await using storage = await openPostgresStorage({ ...database, prepare, minConnections: 0 });
      const queue = (storage.stateSupport as TableStateSupport).openApprovals({ pollMs: 20 });
      const request = (name: string, expiresInMs: number) =>
        queue.submit({ requestId: `${name} ${how}`, agentId: "a", action: "b", request: 1, expiresInMs });
      const now = Date.now();
      vi.useFakeTimers({ toFake: ["Date"], now: now + 24 * HOUR_MS });
      try {
        const open = await request("open", HOUR_MS);
        expect(Math.abs(open.submittedAt.getTime() - now)).toBeLessThan(HOUR_MS);
        expect(open.expiresAt.getTime() - open.submittedAt.getTime()).toBe(HOUR_MS);
        await queue.claim(open.requestId, { approver: "ann", leaseMs: HOUR_MS });
        await expect(queue.claim(open.requestId, { approver: "bob" })).rejects.toMatchObject({ code: "conflict" });
        expect((await queue.get(open.requestId))?.state).toBe("claimed");
        await queue.claim(open.requestId, { approver: "ann", leaseMs: OVER_MS });
        await expect.poll(async () => (await queue.get(open.requestId))?.state).toBe("pending");
        expect((await queue.claim(open.requestId, { approver: "bob", leaseMs: HOUR_MS })).claim?.approver).toBe("bob");

        const expiring = await request("expiring", OVER_MS);
        expect(await queue.wait(expiring.requestId)).toMatchObject({ state: "denied", decision: { source: "expiry" } });
        const deciding = { approver: "ann", verdict: "approve", digest: expiring.digest } as const;
        await expect(queue.decide(expiring.requestId, deciding)).rejects.toMatchObject({ code: "conflict" });
        const denied = await queue.list({ state: "denied" });
        expect(denied.items.map(({ requestId }) => requestId)).toContain(expiring.requestId);
      } finally {
        vi.useRealTimers();
      }
    });
  });
});
