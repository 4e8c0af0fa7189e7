import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, inject, test } from "vitest";
import { openStorage } from "../src/index.js";
import { delaysOf, Follower, median, saveVersions } from "./support/follower.js";

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
    await storage.state.approvals.submit({ requestId: "r", agentId: "a", action: "b", request: 1 });
    expect(await storage.state.health()).toMatchObject({
      policies: { status: "ok", details: { announcedBy: "postgres", announced: "told by NOTIFY" } },
      approvals: { status: "ok", standsOn: "postgres", details: { pending: 1 } },
      limits: { status: "ok", standsOn: "process" },
    });
  });

  test.each([
    ["by NOTIFY", true, 100],
    ["by looking, as through a pooler", false, 2500],
  ])("four processes: the others serve a new version soon, %s", { timeout: 90_000 }, async (_how, prepare, limit) => {
    const name = `p ${prepare}`;
    await using storage = await openStorage({ ...options, prepare });
    await saveVersions(storage.policies, name, 12);
    const activate = (version: number) => storage.policies.activate(name, version, { actor: "me" });
    await activate(1);
    const followers = [1, 2, 3].map(() => new Follower({ ...options, prepare }, name));
    const delays = await delaysOf(followers, 12, activate);
    expect(median(delays)).toBeLessThan(limit);
    expect(delays.at(-1)).toBeLessThan(10_000);
  });

  test("what a process activates it serves at once", async () => {
    await using storage = await openStorage(options);
    await saveVersions(storage.policies, "own", 20);
    for (let version = 1; version <= 20; version++) {
      await storage.policies.activate("own", version, { actor: "me" });
      expect((await storage.state.policies.active("own")).policy?.version).toBe(version);
    }
  });
});
