import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GovernanceRecord } from "@agent-assembly/storage-core";
import { installRemedy } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { backendModule as postgres } from "@agent-assembly/storage-postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeDrift, loadConfig, type OpenOverrides, openSchema, openStorage } from "../src/index.js";
import { openWith } from "../src/open.js";
import { openSchemaWith } from "../src/schema-admin.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-open-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const event = { ts: new Date(), agentId: "a", action: "tool_call", decision: "allow" };

describe("opening", () => {
  test("sqlite from a configuration file, twice, keeps the data", async () => {
    const file = join(folder, "config.yaml");
    const database = join(folder, "deep", "audit.db");
    await writeFile(file, `storage:\n  sqlite:\n    path: ${JSON.stringify(database)}\n`);
    const config = await loadConfig({ path: file, env: {} });
    const first = await openStorage(config);
    expect(first.name).toBe("sqlite");
    expect(await first.audit.append([event])).toMatchObject({ inserted: 1 });
    await first.close();
    expect((await stat(database)).isFile()).toBe(true);
    const second = await openStorage({ backend: "sqlite", path: database });
    expect(await second.audit.count({ action: event.action })).toBe(1);
    await second.close();
  });

  test("a configuration is recorded when it is another than before, without its secrets, and not for reading", async () => {
    const database = join(folder, "seen.db");
    const opened = async (more: string, overrides: OpenOverrides = {}): Promise<GovernanceRecord[]> => {
      const file = join(folder, "seen.yaml");
      await writeFile(file, `storage:\n  sqlite:\n    path: ${JSON.stringify(database)}\n${more}`);
      await using storage = await openStorage(await loadConfig({ path: file, env: {} }), overrides);
      const { items } = await storage.audit.query({ action: "governance" }, { order: "oldest" });
      return items.map(({ payload }) => payload as GovernanceRecord);
    };
    const key = "0123456789abcdef0123456789abcdef";
    const [first, ...others] = await opened(`  token_key: ${key}\n`);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ change: "configuration.seen", after: { settings: { sqlite: { path: database } } } });
    expect(JSON.stringify(first)).not.toContain(key);
    expect(await opened(`  token_key: ${key}\n`)).toHaveLength(1);
    const changed = "  retention:\n    hot_days: 3\n";
    expect(await opened(changed, { readOnly: true })).toHaveLength(1);
    expect(await opened(changed, { recordConfiguration: false })).toHaveLength(1);
    expect(await opened(`  governance_events: false\n${changed}`)).toHaveLength(1);
    const [, second] = await opened(changed);
    expect(second?.before).toEqual(first?.subject);
    expect(await opened(changed)).toHaveLength(2);
  });

  test("memory, with limits handed through", async () => {
    const storage = await openStorage({ backend: "memory" }, { limits: { maxPayloadBytes: 4 } });
    const result = await storage.audit.append([{ ...event, payload: "much too long" }]);
    expect(result.rejected[0]?.code).toBe("too_large");
    await storage.close();
  });

  test("postgres gets what the configuration says", async () => {
    const config = await loadConfig({
      path: await emptyFile(),
      env: { AA_MODE: "remote", AAASM_DATABASE_URL: "postgres://u:p@h/d" },
    });
    let received: unknown;
    const load = async (name: string) => {
      expect(name).toBe("@agent-assembly/storage-postgres");
      return {
        backendModule: {
          ...postgres,
          open: async (options: unknown) => {
            received = options;
            return openMemoryStorage();
          },
        },
      };
    };
    await openWith(load, config, { migrate: "auto" });
    expect(received).toEqual({
      url: "postgres://u:p@h/d",
      migrate: "auto",
      schema: "public",
      maxConnections: 20,
      minConnections: 2,
      connectTimeoutMs: 10_000,
      statementTimeoutMs: 30_000,
      lockTimeoutMs: 10_000,
      prepare: true,
      timescaledb: "require",
      chunkInterval: "7 days",
      compressAfter: "30 days",
    });
  });
});

describe("schema", () => {
  test("of a file: planned without creating it, applied, current and verified", async () => {
    const path = join(folder, "schema.db");
    const schema = await openSchema({ backend: "sqlite", path });
    const plan = await schema.migrate({ dryRun: true });
    expect(plan.steps.length).toBeGreaterThan(0);
    expect(await schema.status()).toMatchObject({ state: "outdated", version: 0, latest: plan.to });
    expect((await schema.verify()).map(describeDrift).join()).toContain("audit_events is missing");
    await expect(stat(path)).rejects.toThrow("ENOENT");
    expect(await schema.migrate()).toMatchObject({ from: 0, to: plan.to });
    expect(await schema.status()).toMatchObject({ state: "current", version: plan.to });
    expect(await schema.verify()).toEqual([]);
  });

  test("memory has none", async () => {
    const schema = await openSchema({ backend: "memory" });
    expect(await schema.migrate()).toEqual({ from: 0, to: 0, steps: [] });
    expect(await schema.status()).toMatchObject({ state: "current" });
    expect(await schema.verify()).toEqual([]);
  });

  test("of postgres: its package is asked with the connection", async () => {
    const seen: unknown[] = [];
    const ask = async (target: unknown): Promise<unknown> => seen.push(target);
    const schemaOfPostgres = { migrate: ask, status: ask, verify: ask };
    const load = async () => ({ backendModule: { ...postgres, schema: schemaOfPostgres } });
    const schema = await openSchemaWith(load, { backend: "postgres", url: "postgres://h/d", migrate: "off" });
    await schema.migrate();
    await schema.status();
    await schema.verify();
    expect(seen).toEqual(Array(3).fill({ url: "postgres://h/d" }));
  });
});

describe("refusals", () => {
  const missing = (name: string) => async () => {
    throw Object.assign(new Error(`Cannot find package '${name}' imported from /x.js`), {
      code: "ERR_MODULE_NOT_FOUND",
    });
  };

  test.each(["sqlite", "postgres"] as const)("%s not installed names the package to add", async (backend) => {
    const name = `@agent-assembly/storage-${backend}`;
    await expect(openWith(missing(name), { backend, path: "x.db", url: "postgres://h/d" })).rejects.toMatchObject({
      code: "unsupported",
      message: `the package ${name} is not installed. ${installRemedy(name)}`,
    });
  });

  test("one that Yarn's Plug'n'Play does not have names the package to add, too", async () => {
    const name = "@agent-assembly/storage-postgres";
    const load = (dependencyName: string) => async () => {
      const text = `storage tried to access ${dependencyName} (via "${dependencyName}/package.json")`;
      throw Object.assign(new Error(text), { code: "MODULE_NOT_FOUND", data: { dependencyName } });
    };
    const options = { backend: "postgres", url: "postgres://h/d" } as const;
    await expect(openWith(load(name), options)).rejects.toMatchObject({
      code: "unsupported",
      message: `the package ${name} is not installed. ${installRemedy(name)}`,
    });
    await expect(openWith(load("postgres"), options)).rejects.toThrow("tried to access postgres");
  });

  test("a broken installation keeps its own error, after the name of the package", async () => {
    await expect(openWith(missing("better-sqlite3"), { backend: "sqlite", path: "x.db" })).rejects.toThrow(
      "@agent-assembly/storage-sqlite cannot be loaded: Cannot find package 'better-sqlite3'",
    );
  });

  test.each([
    [
      { backend: "sqlit", path: "x" },
      'backend is "sqlit"; allowed: sqlite, postgres, memory, or a package that exports backendModule. Did you mean "sqlite"?',
    ],
    [{ backend: 5 }, "backend is an integer"],
    [{ backend: "sqlite" }, "path must be a file such as ~/.aasm/local.db, got nothing"],
    [{ backend: "postgres", url: "" }, "url must be a URL"],
    [null, "source must be a configuration or options"],
    ["sqlite", "got a string of 6 characters"],
  ])("bad options %j", async (options, message) => {
    await expect(openStorage(options as never)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(message),
    });
  });
});

async function emptyFile(): Promise<string> {
  const path = join(folder, "empty.yaml");
  await writeFile(path, "");
  return path;
}
