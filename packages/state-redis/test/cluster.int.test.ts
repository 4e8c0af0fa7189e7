import { openRedisState } from "@agent-assembly/state-redis";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { announcing } from "@agent-assembly/storage-core/state";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it } from "vitest";
import { ownServer, until } from "./setup/servers.js";

/** A cluster of one node refuses keys of different slots in one script as any other does. */
describe(...needing("own-servers", "on a Redis Cluster"), () => {
  it("all three ports work", async () => {
    const { url } = await ownServer({ cluster: true });
    await using redis = await openRedisState({ url, cluster: true });
    await using other = await openRedisState({ url, cluster: true });

    const queue = redis.openApprovals();
    const { requestId, digest } = await queue.submit({ agentId: "agent-1", action: "tool_call", request: { n: "{}" } });
    const waiting = other.openApprovals().wait(requestId);
    expect((await queue.claimNext({ approver: "alice" }))?.requestId).toBe(requestId);
    await queue.decide(requestId, { approver: "alice", verdict: "approve", digest });
    expect((await waiting).state).toBe("approved");
    expect((await queue.list({ state: "approved" })).items).toHaveLength(1);

    const limits = [
      { scope: "agent", id: "agent-{1}", limit: 2, windowMs: 60_000 },
      { scope: "team", id: "team-1", limit: 5, windowMs: 60_000 },
    ];
    for (const partition of [undefined, "team-1", "}{"]) {
      const check = () => redis.openRateLimiter().check(limits, { partition });
      expect([(await check()).allowed, (await check()).allowed, (await check()).allowed]).toEqual([true, true, false]);
    }

    await using storage = openMemoryStorage();
    const [ours, theirs] = [redis, other].map((state) => state.openPolicyCache({ store: storage.policies }));
    if (ours === undefined || theirs === undefined) throw new Error("two caches were opened");
    const policies = announcing(storage.policies, ours);
    await policies.save({ name: "{policy}", source: "a: 1" }, { actor: "alice" });
    expect((await theirs.active("{policy}")).policy).toBeUndefined();
    await policies.activate("{policy}", 1, { actor: "alice" });
    await until("the other cache serves it", async () => (await theirs.active("{policy}")).policy?.version === 1);
    expect((await ours.active("{policy}")).policy?.version).toBe(1);
  });
});
