import { openRedisState, type RedisState } from "@agent-assembly/state-redis";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it } from "vitest";
import { singleDriver } from "../src/driver/client.js";
import { parseRedisOptions } from "../src/options.js";
import { ownServer, until } from "./setup/servers.js";

const MEGABYTE = 1_048_576;

/** Commands past everything under test. */
async function commands(url: string, ...list: readonly (readonly string[])[]): Promise<void> {
  const driver = singleDriver(parseRedisOptions({ url }), () => undefined);
  await driver.connect();
  try {
    for (const words of list) await driver.send(undefined, words);
  } finally {
    driver.destroy();
  }
}

const set = (name: string, value: string): readonly string[] => ["CONFIG", "SET", name, value];
const submit = ({ openApprovals }: RedisState, request: unknown = {}) =>
  openApprovals().submit({ agentId: "agent-1", action: "tool_call", request: request as never });

describe(...needing("own-servers", "approvals on a Redis"), () => {
  it("are degraded where it may evict them or keeps nothing, with what to do about it", async () => {
    const server = await ownServer();
    await using redis = await openRedisState({ url: server.url });
    const approvals = redis.openApprovals();
    const nothing = expect.stringMatching(/keeps nothing on disk.*appendonly to yes/);
    expect(await approvals.health()).toMatchObject({
      status: "degraded",
      backedBy: "redis",
      problems: [nothing],
      details: { maxmemoryPolicy: "noeviction", persistence: "none" },
    });
    await commands(server.url, set("save", "3600 1"));
    expect(await approvals.health()).toMatchObject({ status: "ok", details: { persistence: "snapshots" } });
    await commands(server.url, set("save", ""), set("appendonly", "yes"));
    expect(await approvals.health()).toMatchObject({ status: "ok", details: { persistence: "appendonly" } });
    // Without a limit nothing is evicted, and records of requests have no expiry.
    await commands(server.url, set("maxmemory-policy", "allkeys-lru"));
    expect((await approvals.health()).status).toBe("ok");
    await commands(server.url, set("maxmemory-policy", "volatile-lru"), set("maxmemory", String(64 * MEGABYTE)));
    expect((await approvals.health()).status).toBe("ok");
    for (const policy of ["allkeys-lru", "allkeys-lfu", "allkeys-random"]) {
      await commands(server.url, set("maxmemory-policy", policy));
      expect(await approvals.health()).toMatchObject({
        status: "degraded",
        problems: [
          expect.stringMatching(new RegExp(`maxmemory-policy is ${policy}.*Set maxmemory-policy to noeviction`)),
        ],
      });
    }
    // Rate limits and the policy cache lose nothing that is not made again.
    expect((await redis.health()).status).toBe("ok");
  });

  it("are checked where CONFIG is forbidden, as by services that manage a Redis", async () => {
    const server = await ownServer();
    await commands(server.url, ["ACL", "SETUSER", "app", "on", ">pw", "~*", "&*", "+@all", "-config"]);
    await using redis = await openRedisState({ url: server.url.replace("//", "//app:pw@") });
    expect(await redis.openApprovals().health()).toMatchObject({ status: "ok", details: { persistence: "unknown" } });
  });

  it("whose record is gone are lost, which is not never submitted", async () => {
    const server = await ownServer({ appendonly: true });
    await using redis = await openRedisState({ url: server.url });
    await using storage = openMemoryStorage();
    const approvals = redis.openApprovals({ audit: storage.audit });
    const kept = await submit(redis);
    const gone = await submit(redis);
    const waiting = approvals.wait(gone.requestId);
    waiting.catch(() => undefined);
    await commands(server.url, ["DEL", `aasm:{approvals}:request:${gone.requestId}`]);
    const lost = {
      code: "corrupt",
      retryable: false,
      message: expect.stringMatching(/was submitted, and its record is lost/),
    };
    const { requestId, digest } = gone;
    await expect(approvals.get(requestId)).rejects.toMatchObject(lost);
    await expect(approvals.claim(requestId, { approver: "me" })).rejects.toMatchObject(lost);
    await expect(approvals.decide(requestId, { approver: "me", verdict: "approve", digest })).rejects.toMatchObject(
      lost,
    );
    await expect(waiting).rejects.toMatchObject(lost);
    // It may have been decided before: under its id it is not asked for a second time.
    const again = approvals.submit({ requestId, agentId: "agent-1", action: "tool_call", request: {} });
    await expect(again).rejects.toMatchObject(lost);
    expect((await approvals.list()).items.map((item) => item.requestId)).toEqual([kept.requestId]);
    expect((await approvals.claimNext({ approver: "me" }))?.requestId).toBe(kept.requestId);
    await expect(approvals.get("never-submitted")).resolves.toBeUndefined();
    // The loss is recorded once, however often it is met.
    const { items } = await storage.audit.query({ decision: "error" });
    expect(items.map(({ payload }) => payload)).toEqual([{ change: "approval.lost", subject: { requestId } }]);
  });

  it("that were evicted are all lost, whether Redis still knows that they were there or not", async () => {
    const server = await ownServer({ appendonly: true });
    await commands(server.url, set("maxmemory", String(3 * MEGABYTE)), set("maxmemory-policy", "allkeys-random"));
    await using redis = await openRedisState({ url: server.url });
    const approvals = redis.openApprovals();
    const ids: string[] = [];
    const evicts = async (): Promise<boolean> =>
      /\d/.test(String((await approvals.health()).problems[0]?.match(/has evicted \d+ keys/)));
    await until("it evicts", async () => {
      for (let n = 0; n < 100; n++) ids.push((await submit(redis, { pad: "x".repeat(3000), n })).requestId);
      return evicts();
    });
    let lost = 0;
    for (const id of ids) {
      const found = await approvals.get(id).catch((error: unknown) => error);
      if (found instanceof Error) {
        expect(found).toMatchObject({ code: "corrupt", message: expect.stringMatching(/is lost|may have been lost/) });
        lost++;
      } else expect(found).toMatchObject({ requestId: id });
    }
    expect(lost).toBeGreaterThan(0);
    expect(await approvals.health()).toMatchObject({
      status: "degraded",
      problems: [expect.stringMatching(/has evicted \d+ keys/)],
    });
  });
});
