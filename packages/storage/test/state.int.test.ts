import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installRemedy } from "@agent-assembly/storage-core/backend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStorage } from "../src/index.js";
import { openWith } from "../src/open.js";
import { builtFollower, expectToldOfEach, Follower, KEPT_FOR_AN_HOUR, saveVersions } from "./support/follower.js";

const follower = await builtFollower();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-state-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const request = { agentId: "a", action: "tool_call", request: { tool: "transfer", amount: 7 } };
const limit = { scope: "agent", id: "a", limit: 1, windowMs: 60_000 };

describe("state without Redis", () => {
  test("is kept in the process and the file, says so, and ends with the storage", async () => {
    const storage = await openStorage({ backend: "sqlite", path: join(folder, "one.db") });
    const { policyCache, approvals, rateLimits, stateHealth } = storage;
    expect((await policyCache.active("p")).source).toBe("store");
    expect((await policyCache.active("p")).source).toBe("process");
    expect(await approvals.submit(request)).toMatchObject({ state: "pending" });
    expect(await rateLimits.check([limit])).toMatchObject({ allowed: true, source: "process" });
    expect(await rateLimits.check([limit])).toMatchObject({ allowed: false, source: "process" });
    expect(await stateHealth()).toMatchObject({
      policyCache: {
        status: "ok",
        backedBy: "process",
        details: { announcedBy: "sqlite", announced: expect.any(String) },
      },
      approvals: { status: "ok", backedBy: "sqlite", details: { pending: 1 } },
      rateLimits: { status: "ok", backedBy: "process" },
    });
    const waiting = approvals.wait((await approvals.list()).items[0]?.requestId ?? "");
    const ended = expect(waiting).rejects.toMatchObject({ code: "closed" });
    await storage.close();
    await storage.close();
    await ended;
    const closed = { code: "closed" };
    await expect(policyCache.active("p")).rejects.toMatchObject(closed);
    await expect(approvals.list()).rejects.toMatchObject({ ...closed, operation: "approvals.list", backend: "sqlite" });
    await expect(rateLimits.check([limit])).rejects.toMatchObject(closed);
    await expect(stateHealth()).rejects.toMatchObject(closed);
    await expect(storage.audit.count()).rejects.toMatchObject(closed);
  });

  test("in memory: approvals of this process, and changes are seen at once", async () => {
    await using storage = await openStorage({ backend: "memory" });
    await saveVersions(storage.policies, "p", 2);
    await storage.policies.activate("p", 1, { actor: "me" });
    expect((await storage.policyCache.active("p")).policy?.version).toBe(1);
    await storage.policies.activate("p", 2, { actor: "me" });
    expect((await storage.policyCache.active("p")).policy?.version).toBe(2);
    await storage.policies.rollback("p", { actor: "me" });
    expect((await storage.policyCache.active("p")).policy?.version).toBe(1);
    expect(await storage.approvals.submit(request)).toMatchObject({ state: "pending" });
    expect((await storage.stateHealth()).approvals.backedBy).toBe("process");
  });

  test("what a process activates it serves at once, from the file too", async () => {
    await using storage = await openStorage({ backend: "sqlite", path: join(folder, "own.db") });
    await saveVersions(storage.policies, "p", 20);
    for (let version = 1; version <= 20; version++) {
      await storage.policies.activate("p", version, { actor: "me" });
      expect((await storage.policyCache.active("p")).policy?.version).toBe(version);
    }
  });

  test("one file, four processes: the others are told of a new version, and serve it", async () => {
    const state = { policyCache: KEPT_FOR_AN_HOUR };
    const options = { backend: "sqlite", path: join(folder, "four.db"), state } as const;
    await using storage = await openStorage(options);
    await saveVersions(storage.policies, "p", 15);
    const activate = (version: number) => storage.policies.activate("p", version, { actor: "me" });
    await activate(1);
    const followers = [1, 2, 3].map(() => new Follower(follower, options, "p"));
    await expectToldOfEach(followers, 15, activate);
  });

  test("options of state are handed on, and checked before anything is used", async () => {
    const memory = { backend: "memory" } as const;
    await using storage = await openStorage({
      ...memory,
      state: { approvals: { expiresInMs: 60_000, onExpiry: "approve" } },
    });
    const { onExpiry, expiresAt, submittedAt } = await storage.approvals.submit(request);
    expect([onExpiry, expiresAt.getTime() - submittedAt.getTime()]).toEqual(["approve", 60_000]);
    const wrong = [
      [{ policyCache: { ttlMs: 0 } }, "ttlMs"],
      [{ approvals: { leaseMs: Number.NaN } }, "leaseMs"],
      [{ rediss: {} }, "rediss"],
      [{ redis: 5 }, "state.redis"],
    ] as const;
    for (const [state, message] of wrong) {
      await expect(openStorage({ ...memory, state: state as never })).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining(message),
      });
    }
  });

  test("an enabled Redis whose package is not installed names the package to add", async () => {
    const load = async (name: string) => {
      if (name !== "@agent-assembly/state-redis") return import(name);
      throw Object.assign(new Error(`Cannot find package '${name}' imported from /x.js`), {
        code: "ERR_MODULE_NOT_FOUND",
      });
    };
    const state = { redis: { url: "redis://127.0.0.1:1" } };
    await expect(openWith(load, { backend: "memory", state })).rejects.toMatchObject({
      code: "unsupported",
      message: `the package @agent-assembly/state-redis is not installed. ${installRemedy("@agent-assembly/state-redis")}`,
    });
    await expect((await openWith(load, { backend: "memory" })).close()).resolves.toBeUndefined();
  });
});
