import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configReference } from "../src/config/keys/reference.js";
import { NAMED_KEYS } from "../src/config/keys/walk.js";
import { CONFIG_ENVIRONMENT, loadConfig, loadConfigWithSources } from "../src/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-environment-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Only what the environment says: there is no file in this home folder. */
const load = (env: NodeJS.ProcessEnv) => loadConfigWithSources({ env, home: folder });
const problemOf = (env: NodeJS.ProcessEnv): Promise<string> =>
  load(env).then(
    () => "accepted",
    (error: Error) => error.message,
  );

function valueAt(tree: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((node, name) => (node as Record<string, unknown>)?.[name], tree);
}

/** A value other than the default for each key, as a container writes it. */
const VALUES: Readonly<Record<string, readonly [text: string, value?: unknown]>> = {
  mode: ["remote"],
  "storage.backend": ["postgres"],
  "storage.token_key": ["0123456789abcdef0123456789abcdef"],
  "storage.governance_events": ["false", false],
  "storage.sqlite.path": ["/data/audit.db"],
  "storage.postgres.database_url": ["postgres://u@h/d"],
  "storage.postgres.replica_url": ["postgres://u@replica/d"],
  "storage.postgres.max_replica_lag_ms": ["250", 250],
  "storage.postgres.schema": ["audit"],
  "storage.postgres.max_connections": ["50", 50],
  "storage.postgres.min_connections": ["5", 5],
  "storage.postgres.connect_timeout_secs": ["3", 3],
  "storage.postgres.statement_timeout_secs": ["60", 60],
  "storage.postgres.lock_timeout_secs": ["7", 7],
  "storage.postgres.prepare": ["false", false],
  "storage.postgres.ssl": ["verify-full"],
  "storage.postgres.timescaledb.enabled": ["0", false],
  "storage.postgres.timescaledb.mode": ["off"],
  "storage.postgres.timescaledb.chunk_interval": ["1 day"],
  "storage.postgres.timescaledb.compression_policy": ["60 days"],
  "storage.redis.enabled": ["True", true],
  "storage.redis.url": ["rediss://h:6379/1"],
  "storage.redis.prefix": ["tenant-a"],
  "storage.redis.cluster": ["1", true],
  "storage.redis.policy_cache_ttl_secs": ["5", 5],
  "storage.redis.max_connections": ["4", 4],
  "storage.redis.connect_timeout_secs": ["2", 2],
  "storage.redis.command_timeout_ms": ["100", 100],
  "storage.redis.on_unavailable": ["fail-closed"],
  "storage.redis.local_share": ["0.25", 0.25],
  "storage.approvals.expires_in_secs": ["60", 60],
  "storage.approvals.on_expiry": ["approve"],
  "storage.approvals.lease_secs": ["30", 30],
  "storage.approvals.retain_days": ["1", 1],
  "storage.retention.hot_days": ["10", 10],
  "storage.retention.warm_days": ["20", 20],
  "storage.retention.cold_action": ["archive"],
  "storage.retention.keep_counts": ["false", false],
  "storage.retention.metrics.hot_days": ["11", 11],
  "storage.retention.metrics.warm_days": ["21", 21],
  "storage.retention.rules": [
    '[{"name":"court","agent_id":"a","warm_days":"forever"}]',
    [{ name: "court", agent_id: ["a"], warm_days: "forever" }],
  ],
  "storage.retention.archive_url": ["s3://bucket/prefix"],
  "storage.retention.s3.endpoint": ["https://s3.example.com"],
  "storage.retention.s3.region": ["eu-central-1"],
  "storage.retention.s3.force_path_style": ["true", true],
  "storage.retention.schedule": ["*/5 1-3 * * 0"],
  "storage.retention.jitter_secs": ["0", 0],
  "storage.retention.dry_run": ["true", true],
  "gateway.host": ["0.0.0.0"],
  "gateway.port": ["8080", 8080],
  "gateway.otlp_port": ["4318", 4318],
  "gateway.cert_file": ["/tls/cert.pem"],
  "gateway.key_file": ["/tls/key.pem"],
  "gateway.public_url": ["https://audit.example.com"],
  "gateway.max_body_bytes": ["1048576", 1_048_576],
  "gateway.max_in_flight_bytes": ["2097152", 2_097_152],
  "gateway.session_key": ["fedcba9876543210fedcba9876543210"],
  "gateway.access_audit": ["true", true],
  "gateway.sample_model_calls": ["true", true],
  "gateway.otlp.keep_attributes": ["all"],
  "gateway.otlp.unmapped": ["store"],
  "gateway.otlp.max_member_bytes": ["2048", 2048],
  "gateway.otlp.max_payload_bytes": ["4096", 4096],
  "gateway.otlp.redact": ['["/arguments/password","api_key"]', ["/arguments/password", "api_key"]],
};
/** Sections of packages, which need one: tests of backend packages set them. */
const OF_PACKAGES = ["storage.options", "storage.state.backend", "storage.state.options"];

describe("variables", () => {
  test("every key has one of its own, and it sets the key", async () => {
    expect(NAMED_KEYS.map(({ path }) => path).sort()).toEqual([...Object.keys(VALUES), ...OF_PACKAGES].sort());
    const ofFiles = NAMED_KEYS.filter(({ fileVariable }) => fileVariable !== undefined);
    expect(Object.keys(CONFIG_ENVIRONMENT)).toHaveLength(NAMED_KEYS.length + ofFiles.length);
    const named = NAMED_KEYS.filter(({ path }) => path in VALUES);
    const env = Object.fromEntries(named.map(({ path, variable }) => [variable, VALUES[path]?.[0]]));
    const { config, sources } = await load(env);
    for (const { path, variable } of named) {
      const [text, value = text] = VALUES[path] ?? [""];
      expect([path, valueAt(config, path), sources[path]]).toEqual([path, value, variable]);
    }
  });

  test("the names that were there before are unchanged", () => {
    expect(CONFIG_ENVIRONMENT).toMatchObject({
      AA_MODE: "mode",
      AAASM_STORAGE_BACKEND: "storage.backend",
      AAASM_STORAGE_OPTIONS: "storage.options",
      AAASM_SQLITE_PATH: "storage.sqlite.path",
      AAASM_DATABASE_URL: "storage.postgres.database_url",
      AAASM_REDIS_URL: "storage.redis.url",
      AAASM_RETENTION_HOT_DAYS: "storage.retention.hot_days",
      AAASM_RETENTION_WARM_DAYS: "storage.retention.warm_days",
      AAASM_RETENTION_COLD_ACTION: "storage.retention.cold_action",
      AAASM_RETENTION_ARCHIVE_URL: "storage.retention.archive_url",
      AAASM_RETENTION_SCHEDULE: "storage.retention.schedule",
    });
  });

  test.each([
    [{ AAASM_REDIS_ENABLED: "yes" }, 'AAASM_REDIS_ENABLED: storage.redis.enabled is "yes"; allowed: true or false'],
    [{ AAASM_POSTGRES_MAX_CONNECTIONS: "0" }, "AAASM_POSTGRES_MAX_CONNECTIONS: storage.postgres.max_connections is 0"],
    [{ AAASM_POSTGRES_SSL: "verify" }, 'AAASM_POSTGRES_SSL: storage.postgres.ssl is "verify"; allowed: true, false'],
    [{ AAASM_REDIS_LOCAL_SHARE: "2" }, "storage.redis.local_share is 2; allowed: a number above 0, up to 1"],
    [
      { AAASM_TOKEN_KEY: "short-secret" },
      "AAASM_TOKEN_KEY: storage.token_key is a string of 12 characters; allowed: a text",
    ],
    [
      { AAASM_TOKEN_KEY: '["short-secret"]' },
      "AAASM_TOKEN_KEY: storage.token_key is an array of 1; allowed: a text of 32",
    ],
    [
      { AAASM_TOKEN_KEY: "[short-secret" },
      "AAASM_TOKEN_KEY: it must be a text, or a JSON list of texts, got a string of 13",
    ],
    [{ AAASM_RETENTION_RULES: '{"name":1}' }, "AAASM_RETENTION_RULES: it must be a JSON list such as"],
    [{ AAASM_POSTGRES_TIMESCALEDB_MODE: "prefered" }, 'allowed: "require", "prefer", "off". Did you mean "prefer"?'],
  ])("a bad value is refused with the variable: %j", async (env, expected) => {
    expect(await problemOf(env)).toContain(expected);
  });

  test("one that overrides the file also overrides what the file says of the same thing by another key", async () => {
    const path = join(folder, "timescale.yaml");
    await writeFile(path, "storage: { postgres: { timescaledb: { enabled: true } } }\n");
    const config = await loadConfig({ path, env: { AAASM_POSTGRES_TIMESCALEDB_MODE: "off" } });
    expect(config.storage.postgres.timescaledb).toMatchObject({ enabled: false, mode: "off" });
    await writeFile(path, "storage: { postgres: { timescaledb: { mode: prefer } } }\n");
    const other = await loadConfig({ path, env: { AAASM_POSTGRES_TIMESCALEDB_ENABLED: "false" } });
    expect(other.storage.postgres.timescaledb).toMatchObject({ enabled: false, mode: "off" });
  });
});

describe("AAASM_CONFIG", () => {
  test("names the file, which must exist; a path that is given wins", async () => {
    const [file, other] = [join(folder, "a.yaml"), join(folder, "b.yaml")];
    await writeFile(file, "storage: { redis: { prefix: from-a } }\n");
    await writeFile(other, "storage: { redis: { prefix: from-b } }\n");
    const env = { AAASM_CONFIG: "a.yaml" };
    const loaded = await loadConfigWithSources({ env, cwd: folder, home: folder });
    expect(loaded).toMatchObject({ file, fileVariable: "AAASM_CONFIG", sources: { "storage.redis.prefix": file } });
    const given = await loadConfigWithSources({ env, path: other, cwd: folder });
    expect(given.config.storage.redis.prefix).toBe("from-b");
    expect(given.fileVariable).toBeUndefined();
    expect(await problemOf({ AAASM_CONFIG: "/none.yaml" })).toContain(
      "the file does not exist. Create it or name another one in AAASM_CONFIG.",
    );
    expect(await problemOf({ AAASM_CONFIG: "" })).toBe("accepted");
  });
});

describe("variables that are not ours", () => {
  test.each([
    ["AAASM_REDIS", "AAASM_REDIS_ENABLED"],
    ["AASM_DATABASE_URL", "AAASM_DATABASE_URL"],
    ["AAAASM_REDIS_URL", "AAASM_REDIS_URL"],
    ["AA_DATABASE_URL", "AAASM_DATABASE_URL"],
    ["AAASM_MODE", "AA_MODE"],
    ["AASM_MODE", "AA_MODE"],
    ["AA_MOD", "AA_MODE"],
    ["AAASM_CONFIG_FILE", "AAASM_CONFIG"],
    ["AASM_CONFIG", "AAASM_CONFIG"],
    ["AAASM_BACKEND", "AAASM_STORAGE_BACKEND"],
    ["AAASM_POSTGRES_URL", "AAASM_DATABASE_URL"],
    ["AAASM_POSTGRES_DATABASE_URL", "AAASM_DATABASE_URL"],
    ["AAASM_STORAGE_POSTGRES_SCHEMA", "AAASM_POSTGRES_SCHEMA"],
    ["AAASM_TIMESCALEDB_MODE", "AAASM_POSTGRES_TIMESCALEDB_MODE"],
    ["AAASM_POSTGRES_MAX_CONECTIONS", "AAASM_POSTGRES_MAX_CONNECTIONS"],
    ["AAASM_RETENTION_HOTDAYS", "AAASM_RETENTION_HOT_DAYS"],
    ["aaasm_redis_url", "AAASM_REDIS_URL"],
  ])("%s is refused, with the one that is", async (name, right) => {
    expect(await problemOf({ [name]: "hunter2" })).toBe(
      `environment variable ${name}: this variable sets nothing. Did you mean "${right}"?`,
    );
  });

  test("an unknown one of a section is refused with those of the section", async () => {
    expect(await problemOf({ AAASM_REDIS_SENTINEL_MASTER_NAME: "m" })).toMatch(
      /this variable sets nothing\. The variables of redis are AAASM_REDIS_ENABLED, AAASM_REDIS_URL, .*LOCAL_SHARE\./,
    );
  });

  test("they are reported with all other problems", async () => {
    expect(await problemOf({ AAASM_REDIS: "1", AA_MODE: "here" })).toMatch(/^2 problems: .*AAASM_REDIS.*"here"/s);
  });

  test.each([
    "AAASM_LOG_LEVEL",
    "AAASM_API_URL",
    "AAASM_PORT",
    "AAASM_REDIS_SERVICE_HOST",
    "AAASM_REDIS_SERVICE_PORT_TLS",
    "AAASM_REDIS_PORT",
    "AAASM_REDIS_PORT_6379_TCP_ADDR",
    "AA_LOG_LEVEL",
    "AA_CONFIG",
    "AAA_GAME",
    "DATABASE_URL",
    "REDIS_URL",
    "ASM_CONFIG",
  ])("%s belongs to another program", async (name) => {
    expect(await problemOf({ [name]: "x" })).toBe("accepted");
  });

  test("an empty one is not set", async () => {
    expect(await problemOf({ AAASM_REDIS: "" })).toBe("accepted");
  });
});

test("docs/configuration.md has the reference that the table makes", async () => {
  const page = await readFile(new URL("../../../docs/configuration.md", import.meta.url), "utf8");
  expect(page, "run: pnpm --filter @agent-assembly/storage reference").toContain(configReference());
});
