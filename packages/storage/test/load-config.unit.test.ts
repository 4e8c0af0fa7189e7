import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isStorageError } from "@agent-assembly/storage-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig, loadConfigWithSources } from "../src/config/load.js";

let folder: string;
let empty: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-config-"));
  empty = await yaml("");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function yaml(text: string): Promise<string> {
  const path = join(folder, `config-${files++}.yaml`);
  await writeFile(path, text);
  return path;
}

async function problem(options: Parameters<typeof loadConfig>[0]): Promise<{ code: string; message: string }> {
  try {
    await loadConfig({ env: {}, ...options });
  } catch (error) {
    if (isStorageError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("sources", () => {
  test("defaults are those of local mode", async () => {
    const config = await loadConfig({ path: empty, env: {} });
    expect(config).toEqual({
      mode: "local",
      storage: {
        backend: "sqlite",
        governance_events: true,
        sqlite: { path: join(homedir(), ".aasm", "local.db") },
        postgres: {
          schema: "public",
          max_connections: 20,
          min_connections: 2,
          connect_timeout_secs: 10,
          statement_timeout_secs: 30,
          lock_timeout_secs: 10,
          prepare: true,
          timescaledb: { enabled: true, mode: "require", chunk_interval: "7 days", compression_policy: "30 days" },
        },
        redis: {
          enabled: false,
          prefix: "aasm",
          cluster: false,
          policy_cache_ttl_secs: 30,
          max_connections: 10,
          connect_timeout_secs: 5,
          command_timeout_ms: 500,
          on_unavailable: "local",
          local_share: 1,
        },
        approvals: { expires_in_secs: 900, on_expiry: "deny", lease_secs: 60, retain_days: 7 },
        retention: {
          hot_days: 30,
          warm_days: 90,
          cold_action: "drop",
          metrics: { hot_days: 30, warm_days: 90 },
          rules: [],
          s3: {},
          schedule: "0 3 * * *",
          jitter_secs: 30,
          dry_run: false,
          keep_counts: true,
        },
      },
      gateway: {
        host: "127.0.0.1",
        port: 7391,
        max_body_bytes: 20 * 1024 * 1024,
        max_in_flight_bytes: 64 * 1024 * 1024,
        access_audit: false,
        sample_model_calls: false,
        otlp: {
          keep_attributes: "known",
          unmapped: "drop",
          max_member_bytes: 65_536,
          max_payload_bytes: 262_144,
          redact: [],
        },
      },
    });
  });

  test("environment beats the file, flags beat the environment", async () => {
    const path = await yaml(
      "storage:\n  sqlite:\n    path: /file.db\n  retention:\n    hot_days: 5\n    warm_days: 6\n",
    );
    const env = { AAASM_SQLITE_PATH: "/env.db", AAASM_RETENTION_HOT_DAYS: "4" };
    expect((await loadConfig({ path, env: {} })).storage.sqlite.path).toBe(resolve("/file.db"));
    expect((await loadConfig({ path, env })).storage.sqlite.path).toBe(resolve("/env.db"));
    const loaded = await loadConfigWithSources({ path, env, flags: { path: "/flag.db" } });
    expect(loaded.config.storage.sqlite.path).toBe(resolve("/flag.db"));
    expect(loaded.config.storage.retention).toMatchObject({ hot_days: 4, warm_days: 6 });
    expect(loaded.file).toBe(path);
    expect(loaded.sources).toEqual({
      "storage.sqlite.path": "--path",
      "storage.retention.hot_days": "AAASM_RETENTION_HOT_DAYS",
      "storage.retention.warm_days": path,
    });
  });

  test("every documented variable sets its key", async () => {
    const config = await loadConfig({
      path: empty,
      env: {
        AA_MODE: "remote",
        AAASM_STORAGE_BACKEND: "postgres",
        AAASM_SQLITE_PATH: "/a.db",
        AAASM_DATABASE_URL: "postgres://u@h/d",
        AAASM_REDIS_URL: "redis://h",
        AAASM_RETENTION_HOT_DAYS: "1",
        AAASM_RETENTION_WARM_DAYS: "2",
        AAASM_RETENTION_COLD_ACTION: "archive",
        AAASM_RETENTION_ARCHIVE_URL: "s3://bucket/prefix",
        AAASM_RETENTION_SCHEDULE: "*/5 1-3 * * 0",
      },
    });
    expect(config).toMatchObject({
      mode: "remote",
      storage: {
        backend: "postgres",
        sqlite: { path: resolve("/a.db") },
        postgres: { database_url: "postgres://u@h/d" },
        redis: { url: "redis://h" },
        retention: {
          hot_days: 1,
          warm_days: 2,
          cold_action: "archive",
          archive_url: "s3://bucket/prefix",
          schedule: "*/5 1-3 * * 0",
        },
      },
    });
  });

  test("mode infers the backend, a backend infers the mode, and an empty variable is not set", async () => {
    const url = { AAASM_DATABASE_URL: "postgresql://h/d" };
    expect((await loadConfig({ path: empty, env: { ...url, AA_MODE: "remote" } })).storage.backend).toBe("postgres");
    expect((await loadConfig({ path: empty, env: url, flags: { backend: "postgres" } })).mode).toBe("remote");
    expect((await loadConfig({ path: empty, env: { AA_MODE: "", AAASM_SQLITE_PATH: "" } })).mode).toBe("local");
  });

  test("what follows from other values of storage.postgres", async () => {
    const postgres = async (text: string) =>
      (await loadConfig({ path: await yaml(`storage: { postgres: ${text} }\n`), env: {} })).storage.postgres;
    expect(await postgres("{ max_connections: 1 }")).toMatchObject({ max_connections: 1, min_connections: 1 });
    for (const [text, enabled, mode] of [
      ["enabled: false", false, "off"],
      ["enabled: true", true, "require"],
      ["mode: prefer", true, "prefer"],
      ["mode: off", false, "off"],
      ["mode: off, enabled: false", false, "off"],
    ] as const) {
      expect((await postgres(`{ timescaledb: { ${text} } }`)).timescaledb).toMatchObject({ enabled, mode });
    }
  });

  test("an empty section counts as absent and ~ is the home folder", async () => {
    const path = await yaml("storage:\n  redis:\n  sqlite: { path: '~/x.db' }\n");
    expect((await loadConfig({ path, env: {} })).storage.sqlite.path).toBe(join(homedir(), "x.db"));
  });
});

describe("refusals", () => {
  const cases: [name: string, text: string, ...expected: string[]][] = [
    ["an unknown top-level key", "storag:\n  x: 1\n", "unknown key storag", "allowed: mode, storage", '"storage"?'],
    [
      "an unknown nested key",
      "storage:\n  sqlite:\n    pth: x\n",
      "storage.sqlite.pth",
      "allowed in storage.sqlite: path",
      '"path"?',
    ],
    ["a bad mode", "mode: remot\n", "mode is ", '"remot"', '"local", "remote"', 'Did you mean "remote"?'],
    ["a bad backend", "storage: { backend: mysql }\n", "storage.backend", '"mysql"', '"sqlite", "postgres", "memory"'],
    [
      "a text for a number",
      "storage: { retention: { hot_days: soon } }\n",
      "storage.retention.hot_days",
      '"soon"',
      "a whole number",
    ],
    ["a fraction", "storage: { retention: { hot_days: 1.5 } }\n", "hot_days", "1.5", "a whole number"],
    ["zero days", "storage: { retention: { hot_days: 0 } }\n", "hot_days", "is 0", "from 1"],
    [
      "a text for a boolean",
      "storage: { redis: { enabled: maybe } }\n",
      "storage.redis.enabled",
      '"maybe"',
      "true or false",
    ],
    ["an empty path", "storage: { sqlite: { path: '' } }\n", "storage.sqlite.path", "not empty"],
    [
      "a bad interval",
      "storage: { postgres: { timescaledb: { chunk_interval: weekly } } }\n",
      "chunk_interval",
      '"7 days"',
    ],
    ["a bad schedule", "storage: { retention: { schedule: daily } }\n", "schedule", '"daily"', "five cron fields"],
    ["a list for a section", "storage: [1]\n", "storage", "an array of 1", "a mapping of keys"],
    ["a list for the whole", "- 1\n", "must contain a mapping", "an array of 1"],
    [
      "warm before hot",
      "storage: { retention: { hot_days: 9, warm_days: 9 } }\n",
      "warm_days is 9",
      "more than hot_days",
    ],
    [
      "archive without a URL",
      "storage: { retention: { cold_action: archive } }\n",
      "archive_url is missing",
      "AAASM_RETENTION_ARCHIVE_URL",
    ],
    [
      "Redis without a URL",
      "storage: { redis: { enabled: true } }\n",
      "storage.redis.url is missing",
      "AAASM_REDIS_URL",
    ],
    [
      "a Redis URL with parameters",
      "storage: { redis: { url: 'redis://h:6379/0?x=1' } }\n",
      "storage.redis.url",
      "with nothing or the number of a database after the host",
    ],
    [
      "one connection to Redis",
      "storage: { redis: { max_connections: 1 } }\n",
      "storage.redis.max_connections",
      "is 1",
      "from 2",
    ],
    [
      "a share of nothing",
      "storage: { redis: { local_share: 0 } }\n",
      "storage.redis.local_share",
      "is 0",
      "above 0, up to 1",
    ],
    [
      "an unknown way without Redis",
      "storage: { redis: { on_unavailable: fail_open } }\n",
      "storage.redis.on_unavailable",
      '"fail-open", "fail-closed", "local"',
      'Did you mean "fail-open"?',
    ],
    ["an unknown verdict", "storage: { approvals: { on_expiry: allow } }\n", "on_expiry", '"approve", "deny"'],
    [
      "no time to decide",
      "storage: { approvals: { expires_in_secs: 0 } }\n",
      "storage.approvals.expires_in_secs",
      "is 0",
      "from 1",
    ],
    ["postgres without a URL", "mode: remote\n", "storage.postgres.database_url is missing", "AAASM_DATABASE_URL"],
    [
      "more minimum than maximum connections",
      "storage: { postgres: { min_connections: 30 } }\n",
      "min_connections is 30",
      "which is 20",
    ],
    [
      "an interval without a fixed length",
      "storage: { postgres: { timescaledb: { compression_policy: 1 month } } }\n",
      "compression_policy",
      '"1 week"',
    ],
    [
      "TimescaleDB enabled and off",
      "storage: { postgres: { timescaledb: { enabled: true, mode: off } } }\n",
      'timescaledb.mode is "off", and enabled is true',
      '"require" or "prefer"',
    ],
    ["a schema of the server", "storage: { postgres: { schema: pg_x } }\n", "storage.postgres.schema", '"pg_x"'],
    [
      "a schema of the standard",
      "storage: { postgres: { schema: information_schema } }\n",
      "storage.postgres.schema",
      '"information_schema"',
    ],
    [
      "a schema of TimescaleDB",
      "storage: { postgres: { schema: _timescaledb_internal } }\n",
      "storage.postgres.schema",
      "TimescaleDB",
    ],
    [
      "a mode of TLS that there is not",
      "storage: { postgres: { ssl: verify-ful } }\n",
      "storage.postgres.ssl",
      'true, false, "require"',
      'Did you mean "verify-full"?',
    ],
    ["broken YAML", "storage: {\n", "not valid YAML", "line "],
    ["a key given twice", "mode: local\nmode: remote\n", "not valid YAML", "DUPLICATE_KEY"],
  ];
  test.each(cases)("%s", async (_, text, ...expected) => {
    const { code, message } = await problem({ path: await yaml(text) });
    expect(code).toBe("invalid_argument");
    for (const part of expected) expect(message).toContain(part);
  });

  test("a secret is never repeated", async () => {
    const path = await yaml("storage: { postgres: { database_url: 'mysql://root:hunter2@h/d' } }\n");
    const { message } = await problem({ path });
    expect(message).toContain("storage.postgres.database_url");
    expect(message).toContain("postgres:// or postgresql://");
    expect(message).not.toContain("hunter2");
  });

  test("a bad variable is named", async () => {
    const { message } = await problem({ path: empty, env: { AAASM_RETENTION_HOT_DAYS: "many" } });
    expect(message).toBe(
      'environment variable AAASM_RETENTION_HOT_DAYS: storage.retention.hot_days is "many"; allowed: a whole number',
    );
  });

  test("several problems are all listed", async () => {
    const { message } = await problem({ path: await yaml("mode: x\nfoo: 1\n") });
    expect(message).toMatch(/^2 problems: /);
  });

  test("a named file must exist", async () => {
    const { code, message } = await problem({ path: join(folder, "none.yaml") });
    expect(code).toBe("not_found");
    expect(message).toContain("none.yaml: the file does not exist");
  });

  test("a folder is no file", async () => {
    expect((await problem({ path: folder })).message).toContain("it is a folder, not a regular file");
  });

  test("an unknown flag", async () => {
    const flags = { paht: "x" } as unknown as { path: string };
    expect((await problem({ path: empty, flags })).message).toContain('"paht"');
  });
});
