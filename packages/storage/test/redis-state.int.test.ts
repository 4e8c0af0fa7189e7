import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeKeys, testPrefix } from "@agent-assembly/state-redis/testing";
import { type RedisServer, startRedis } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { loadConfig, openStorage } from "../src/index.js";
import { builtFollower, expectToldOfEach, Follower, KEPT_FOR_AN_HOUR, saveVersions } from "./support/follower.js";

const follower = await builtFollower();

const folder = await mkdtemp(join(tmpdir(), "aasm-redis-state-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const shared = inject("services").profiles.find(({ name }) => name === "redis");
const request = { agentId: "a", action: "tool_call", request: { tool: "transfer" } };
const limit = { scope: "agent", id: "a", limit: 5, windowMs: 60_000 };

/** On the Redis that other tests use as well, with keys of the test's own. */
function stateOn(url: string) {
  return { redis: { url, prefix: ownPrefix(url), connectTimeoutMs: 2000 } };
}

function ownPrefix(url: string): string {
  const prefix = testPrefix();
  onTestFinished(() => removeKeys({ url }, prefix));
  return prefix;
}

describe(...needing("redis", "state on Redis"), () => {
  const url = shared?.url ?? "";

  test("is shared by storages of different stores, and says so", async () => {
    const state = stateOn(url);
    await using first = await openStorage({ backend: "sqlite", path: join(folder, "shared.db"), state });
    await using second = await openStorage({ backend: "sqlite", path: join(folder, "shared.db"), state });
    const { requestId } = await first.approvals.submit(request);
    expect(await second.approvals.get(requestId)).toMatchObject({ state: "pending" });
    for (let n = 0; n < 5; n++) expect((await first.rateLimits.check([limit])).allowed).toBe(true);
    expect(await second.rateLimits.check([limit])).toMatchObject({ allowed: false, source: "redis" });
    await first.policyCache.active("p");
    await expect.poll(async () => (await second.policyCache.active("p")).source).toBe("process");
    expect(await first.stateHealth()).toMatchObject({
      policyCache: { status: "ok", backedBy: "process, redis", details: { announcedBy: "redis" } },
      approvals: { status: "ok", backedBy: "redis" },
      rateLimits: { status: "ok", backedBy: "redis" },
    });
  });

  test("four processes: the others are told of a new version, and serve it", async () => {
    const { redis } = stateOn(url);
    // An answer that does not come in time counts as a lost connection, and then nothing is kept.
    const state = { redis: { ...redis, commandTimeoutMs: 60_000 }, policyCache: KEPT_FOR_AN_HOUR };
    const options = { backend: "sqlite", path: join(folder, "four.db"), state } as const;
    await using storage = await openStorage(options);
    await saveVersions(storage.policies, "p", 15);
    const activate = (version: number) => storage.policies.activate("p", version, { actor: "me" });
    await activate(1);
    const followers = [1, 2, 3].map(() => new Follower(follower, options, "p"));
    await expectToldOfEach(followers, 15, activate);
  });

  test("is what a configuration file asks for", async () => {
    const file = join(folder, "config.yaml");
    await writeFile(
      file,
      `storage:\n  backend: memory\n  redis: { enabled: true, prefix: "${ownPrefix(url)}" }\n  approvals: { on_expiry: approve }\n`,
    );
    const config = await loadConfig({ path: file, env: { AAASM_REDIS_URL: url } });
    await using storage = await openStorage(config);
    expect(await storage.approvals.submit(request)).toMatchObject({ onExpiry: "approve" });
    expect((await storage.stateHealth()).approvals.backedBy).toBe("redis");
  });
});

describe("a Redis that", () => {
  async function own(): Promise<RedisServer> {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    return server;
  }

  test(...needing("own-servers", "goes away leaves policies to the store and everything else running"), async () => {
    const server = await own();
    await using storage = await openStorage({
      backend: "sqlite",
      path: join(folder, "away.db"),
      state: { redis: { url: server.url, onUnavailable: "fail-closed" } },
    });
    await saveVersions(storage.policies, "p", 3);
    await storage.policies.activate("p", 1, { actor: "me" });
    const { policyCache, rateLimits, approvals } = storage;
    await expect.poll(async () => (await policyCache.active("p")).source).toBe("process");
    expect((await rateLimits.check([limit])).source).toBe("redis");

    await server.kill();
    await expect.poll(async () => (await policyCache.active("p")).source).toBe("store");
    expect(await rateLimits.check([limit])).toMatchObject({ allowed: false, source: "fail-closed" });
    await expect(approvals.submit(request)).rejects.toMatchObject({ retryable: true, backend: "redis" });
    await storage.policies.activate("p", 2, { actor: "me" });
    expect((await policyCache.active("p")).policy?.version).toBe(2);
    expect(await storage.stateHealth()).toMatchObject({
      policyCache: { status: "degraded", backedBy: "redis is away: straight from the store" },
      approvals: { status: "down" },
      rateLimits: { status: "degraded" },
    });

    await server.restart();
    await expect.poll(async () => (await storage.stateHealth()).policyCache.status).toBe("ok");
    expect((await policyCache.active("p")).policy?.version).toBe(2);
    expect(await approvals.submit(request)).toMatchObject({ state: "pending" });
  });

  test("was never there is waited for in the background", async () => {
    await using storage = await openStorage({
      backend: "sqlite",
      path: join(folder, "never.db"),
      state: { redis: { url: "redis://127.0.0.1:1", connectTimeoutMs: 500 } },
    });
    await saveVersions(storage.policies, "p", 1);
    await storage.policies.activate("p", 1, { actor: "me" });
    expect(await storage.policyCache.active("p")).toMatchObject({ policy: { version: 1 }, source: "store" });
    expect(await storage.rateLimits.check([limit])).toMatchObject({ allowed: true, source: "local" });
    expect((await storage.stateHealth()).approvals.status).toBe("down");
  });

  test("is none is said by what needs it, and the rest goes on", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    try {
      await using storage = await openStorage({
        backend: "sqlite",
        path: join(folder, "none.db"),
        state: { redis: { url: `redis://127.0.0.1:${port}`, connectTimeoutMs: 1000 } },
      });
      await saveVersions(storage.policies, "p", 1);
      await storage.policies.activate("p", 1, { actor: "me" });
      expect(await storage.policyCache.active("p")).toMatchObject({ policy: { version: 1 }, source: "store" });
      await expect(storage.approvals.list()).rejects.toMatchObject({ code: "invalid_argument" });
      await expect(storage.rateLimits.check([limit])).rejects.toMatchObject({ code: "invalid_argument" });
      const { policyCache, approvals } = await storage.stateHealth();
      expect(policyCache).toMatchObject({
        status: "degraded",
        backedBy: "redis cannot be used: straight from the store",
        problems: [expect.stringMatching(/\w/)],
      });
      expect(approvals.status).toBe("down");
      expect(await storage.audit.count({ decision: "allow" })).toBe(0);
    } finally {
      server.close();
    }
  });
});
