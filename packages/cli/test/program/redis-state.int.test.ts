import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { removeKeys, testPrefix } from "@agent-assembly/state-redis/testing";
import { loadConfig, openStorage } from "@agent-assembly/storage";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, inject, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

describeNeeding("redis", "with Redis", async () => {
  const url = inject("services").profiles.find(({ name }) => name === "redis")?.url ?? "";
  const sandbox = await createSandbox();
  const config = join(sandbox.folder, "config.yaml");
  const prefix = testPrefix();
  afterAll(() => removeKeys({ url }, prefix));
  const loadGatewayConfig = () =>
    loadConfig({ path: config, env: { AAASM_SQLITE_PATH: join(sandbox.folder, ".aasm", "local.db") } });
  const args = (...words: string[]) => [...words, "--config", config];

  test("policy active says whether Redis or the store answered; an activation is seen at once", async () => {
    await writeFile(config, `storage:\n  redis: { enabled: true, url: '${url}', prefix: '${prefix}' }\n`);
    for (const n of [1, 2]) await sandbox.json(args("policy", "save", "-", "--name", "p"), 0, { input: `n: ${n}\n` });
    await sandbox.json(args("policy", "activate", "p", "1"));
    const active = args("policy", "active", "p");
    expect(await sandbox.json(active)).toMatchObject({ version: 1, answeredBy: "store" });
    // A gateway, which leaves there what it has read.
    await using gateway = await openStorage(await loadGatewayConfig());
    await gateway.policyCache.active("p");
    await expect.poll(() => gateway.policyCache.active("p")).toMatchObject({ source: "process" });
    expect(await sandbox.json(active)).toMatchObject({ version: 1, answeredBy: "redis" });
    expect((await sandbox.run(active)).stdout).toMatch(/^answered by +redis, as of .* ago$/m);
    await sandbox.json(args("policy", "activate", "p", "2"));
    expect(await sandbox.json(active)).toMatchObject({ version: 2, answeredBy: "store" });
  });

  test("approvals are those on Redis, and status counts them", async () => {
    await using storage = await openStorage(await loadGatewayConfig());
    await storage.approvals.submit({ requestId: "r", agentId: "a", action: "b", request: 1 });
    expect(await sandbox.json(args("approvals", "list"))).toMatchObject({ items: [{ requestId: "r" }] });
    const status = await sandbox.run(args("status"));
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/^policy cache +each process, redis, changes by redis, none older than 30 s$/m);
    expect(status.stdout).toMatch(/^approvals +redis, 1 waiting$/m);
    expect(status.stdout).toMatch(/^rate limits +redis$/m);
    const decided = await sandbox.json(args("approvals", "decide", "r", "deny", "--yes"));
    expect(decided).toMatchObject({ state: "denied" });
    expect(await storage.approvals.get("r")).toMatchObject({ state: "denied" });
  });
});
