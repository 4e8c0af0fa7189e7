import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, inject, onTestFinished, test } from "vitest";
import { type Config, loadConfig, openSchema, openStorage } from "../src/index.js";

/** What a user has: a few lines of YAML, and the URL in the environment. */
async function configured(url: string, text: string): Promise<Config> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-postgres-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "config.yaml");
  await writeFile(path, `storage:\n  postgres:\n${text}`);
  return loadConfig({ path, env: { AA_MODE: "remote", AAASM_DATABASE_URL: url } });
}

describeNeeding("postgres", "PostgreSQL", async () => {
  const server = inject("services").profiles.find(({ name }) => name === "postgres");
  const { url, drop } = await createDatabase(server?.url ?? "", "storage_open");
  afterAll(drop);

  test("the schema first, then the store, as the file says", async () => {
    const config = await configured(url, "    schema: governance\n    timescaledb: { enabled: false }\n");
    await expect(openStorage(config)).rejects.toMatchObject({ code: "schema_outdated" });
    const schema = await openSchema(config);
    const { to } = await schema.migrate();
    expect(await schema.status()).toMatchObject({ state: "current", version: to });
    expect(await schema.verify()).toEqual([]);

    const storage = await openStorage(config);
    await storage.audit.append([{ ts: new Date(), agentId: "a", action: "tool_call", decision: "allow" }]);
    expect(await storage.audit.count({ action: "tool_call" })).toBe(1);
    expect((await storage.health()).details).toMatchObject({ schema: "governance" });
    await storage.close();
  });

  test("from variables alone; what the store does without is a note, and its health is ok", async () => {
    const env = {
      AAASM_STORAGE_BACKEND: "postgres",
      AAASM_DATABASE_URL: url,
      AAASM_POSTGRES_SCHEMA: "by_variables",
      AAASM_POSTGRES_MAX_CONNECTIONS: "2",
    };
    for (const mode of ["prefer", "off"]) {
      const config = await loadConfig({ env: { ...env, AAASM_POSTGRES_TIMESCALEDB_MODE: mode }, home: "/nowhere" });
      const storage = await openStorage(config, { migrate: "auto" });
      const health = await storage.health();
      await storage.close();
      expect(health).toMatchObject({
        status: "ok",
        problems: [],
        notes: [expect.stringMatching(`^runs without (partitions and )?compression, .*timescaledb.*${mode}`)],
        details: { schema: "by_variables" },
      });
    }
  });

  test("options directly", async () => {
    const storage = await openStorage({
      backend: "postgres",
      url,
      schema: "direct",
      timescaledb: "off",
      migrate: "auto",
      maxConnections: 1,
      lockTimeoutMs: 1234,
      prepare: false,
      ssl: false,
    });
    expect(await storage.audit.count()).toBe(0);
    await storage.close();
  });
});
