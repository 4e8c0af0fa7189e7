import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, inject, test } from "vitest";
import { openStorage } from "../src/index.js";
import { builtFollower, expectToldOfEach, Follower, KEPT_FOR_AN_HOUR, saveVersions } from "./support/follower.js";

const follower = await builtFollower();

describeNeeding("postgres", "state on PostgreSQL", async () => {
  const server = inject("services").profiles.find(({ name }) => name === "postgres");
  const { url, drop } = await createDatabase(server?.url ?? "", "storage_state");
  afterAll(drop);
  const options = {
    backend: "postgres",
    url,
    timescaledb: "off",
    migrate: "auto",
    maxConnections: 4,
    minConnections: 0,
  } as const;

  test("is kept in the process and the database, and says so", async () => {
    await using storage = await openStorage(options);
    await storage.approvals.submit({ requestId: "r", agentId: "a", action: "b", request: 1 });
    expect(await storage.stateHealth()).toMatchObject({
      policyCache: { status: "ok", details: { announcedBy: "postgres", announced: "told by NOTIFY" } },
      approvals: { status: "ok", backedBy: "postgres", details: { pending: 1 } },
      rateLimits: { status: "ok", backedBy: "process" },
    });
  });

  test.each([
    ["told by NOTIFY", true, 12],
    ["looked for every 1000 ms", false, 4],
  ])("four processes: a new version is %s, and the others serve it", async (how, prepare, versions) => {
    const name = `p ${prepare}`;
    const state = { policyCache: KEPT_FOR_AN_HOUR };
    await using storage = await openStorage({ ...options, state, prepare });
    expect((await storage.stateHealth()).policyCache.details).toMatchObject({ announced: how });
    await saveVersions(storage.policies, name, versions);
    const activate = (version: number) => storage.policies.activate(name, version, { actor: "me" });
    await activate(1);
    const followers = [1, 2, 3].map(() => new Follower(follower, { ...options, state, prepare, migrate: "off" }, name));
    await expectToldOfEach(followers, versions, activate);
  });

  test("what a process activates it serves at once", async () => {
    await using storage = await openStorage(options);
    await saveVersions(storage.policies, "own", 20);
    for (let version = 1; version <= 20; version++) {
      await storage.policies.activate("own", version, { actor: "me" });
      expect((await storage.policyCache.active("own")).policy?.version).toBe(version);
    }
  });
});
