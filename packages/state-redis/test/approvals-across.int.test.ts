import { setTimeout as sleep } from "node:timers/promises";
import { openRedisState } from "@agent-assembly/state-redis";
import { removeKeys, testPrefix } from "@agent-assembly/state-redis/testing";
import type { Approval } from "@agent-assembly/storage-core/state";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it, onTestFinished } from "vitest";
import { builtProgramOf, Program } from "./setup/program.js";
import { ownServer, sharedUrl, until } from "./setup/servers.js";

const approver = await builtProgramOf("approver.mjs");

const NEW = { agentId: "agent-1", action: "tool_call" };

async function own() {
  const url = sharedUrl();
  const prefix = testPrefix();
  onTestFinished(() => removeKeys({ url }, prefix));
  const redis = await openRedisState({ url, prefix, commandTimeoutMs: 60_000 });
  onTestFinished(() => redis.close());
  return { url, prefix, queue: redis.openApprovals() };
}

describe("approvals of several processes", () => {
  it(...needing("redis", "are decided once each when two race on 300 of them"), async () => {
    const { url, prefix, queue } = await own();
    const requests: Approval[] = [];
    for (let n = 0; n < 300; n += 50) {
      const some = Array.from({ length: 50 }, (_, i) => queue.submit({ ...NEW, request: { n: n + i } }));
      requests.push(...(await Promise.all(some)));
    }
    const work = requests.map(({ requestId, digest }) => ({ requestId, digest }));
    const alice = new Program(approver, [url, prefix, "alice", "approve"]);
    const bob = new Program(approver, [url, prefix, "bob", "deny"]);
    for (const approver of [alice, bob]) expect(await approver.next()).toBe("ready");
    const race = async (forAlice: typeof work, forBob: typeof work): Promise<[string[], string[]]> => {
      alice.send(forAlice);
      bob.send(forBob);
      return Promise.all([alice.next<string[]>(), bob.next<string[]>()]);
    };
    // Each decides a few by itself, so that both are in the middle of it when they race for the rest.
    const first = await race(work.slice(0, 20), work.slice(-20));
    const rest = await race(work.slice(20, -20), work.slice(20, -20).toReversed());
    const [alices, bobs] = [0, 1].map((n) => [...(first[n] ?? []), ...(rest[n] ?? [])]) as [string[], string[]];
    expect([...alices, ...bobs].toSorted()).toEqual(work.map(({ requestId }) => requestId).toSorted());
    const ids = async (state: "approved" | "denied"): Promise<string[]> =>
      (await queue.list({ state }, { limit: 1000 })).items.map(({ requestId }) => requestId);
    expect((await ids("approved")).toSorted()).toEqual(alices.toSorted());
    expect((await ids("denied")).toSorted()).toEqual(bobs.toSorted());
  });

  it(...needing("redis", "come back after the lease of an owner that was killed, and not before"), async () => {
    const { url, prefix, queue } = await own();
    const leased = async (leaseMs: number) => {
      const { requestId } = await queue.submit({ ...NEW, request: {} });
      owner.send({ requestId, leaseMs });
      await owner.next();
      return requestId;
    };
    const owner = new Program(approver, [url, prefix, "alice", "approve"]);
    expect(await owner.next()).toBe("ready");
    const long = await leased(86_400_000);
    const short = await leased(500);
    await owner.kill();
    await until("the short lease is over", async () => (await queue.get(short))?.state === "pending");
    expect((await queue.claimNext({ approver: "bob" }))?.requestId).toBe(short);
    await expect(queue.claim(long, { approver: "bob" })).rejects.toMatchObject({ code: "conflict" });
    expect(await queue.claimNext({ approver: "bob" })).toBeUndefined();
  });

  it(...needing("own-servers", "survive kill -9 of a Redis with AOF, and so does the wait for them"), async () => {
    const server = await ownServer({ appendonly: true });
    await using redis = await openRedisState({ url: server.url, connectTimeoutMs: 1000 });
    const queue = redis.openApprovals();
    const pending = await queue.submit({ ...NEW, request: { n: 1 } });
    const claimed = await queue.submit({ ...NEW, request: { n: 2 } });
    await queue.claim(claimed.requestId, { approver: "alice", leaseMs: 86_400_000 });
    const decided = await queue.submit({ ...NEW, request: { n: 3 } });
    await queue.decide(decided.requestId, {
      approver: "alice",
      verdict: "deny",
      digest: decided.digest,
      reason: "no",
    });
    const waiting = queue.wait(pending.requestId);
    const before = (await queue.list()).items;
    await server.kill();
    await until("the loss is noticed", async () => (await queue.health()).status === "down");
    await expect(queue.get(pending.requestId)).rejects.toMatchObject({ code: "unavailable" });
    await sleep(200);
    await server.restart();
    await until("Redis is back", async () => (await queue.health()).status === "ok");
    expect((await queue.list()).items).toEqual(before);
    await queue.decide(pending.requestId, { approver: "bob", verdict: "approve", digest: pending.digest });
    expect((await waiting).decision).toMatchObject({ verdict: "approve", approver: "bob" });
  });
});
