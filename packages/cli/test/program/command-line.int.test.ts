import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

test("the version, alone and among other options", async () => {
  for (const args of [["--version"], ["-V"], ["--json", "--version"]]) {
    expect(await sandbox.run(args)).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  }
});

test("help is no error; a command line without a command is one", async () => {
  const help = await sandbox.run(["audit", "query", "--help"]);
  expect(help.code).toBe(0);
  expect(help.stdout).toContain("--shadow-decision");
  for (const args of [["help", "audit"], ["audit", "help"], ["audit", "help", "query"], ["help"]]) {
    expect(await sandbox.run(args)).toMatchObject({ stderr: "", stdout: expect.stringContaining("Usage: aasm") });
  }
  const nothing = await sandbox.run([]);
  expect(nothing.code).toBe(2);
  expect(nothing.stderr).toContain("Usage: aasm");
});

test("what cannot be written is an error, also of help", async () => {
  const full = new Error("no space left on device");
  for (const args of [["--help"], ["config", "show"]]) {
    const result = await sandbox.run(args, { stdoutFails: full });
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(/no space left on device\n$/);
  }
});

describe("usage errors end with 2, one line and a way on", () => {
  const cases: [args: string[], ...expected: string[]][] = [
    [["statsu"], "unknown command 'statsu'", "Did you mean status?"],
    [["audit", "qurey"], "unknown command 'qurey'", "Did you mean query?"],
    [["audti", "query"], "unknown command 'audti'", "Did you mean audit?"],
    [["retention", "hold", "relese"], "unknown command 'relese'", "Did you mean release?"],
    [["audti", "--help"], "unknown command 'audti'", "Did you mean audit?"],
    [["help", "audti"], "unknown command 'audti'", "Did you mean audit?"],
    [["retention", "hold", "relese", "-h"], "unknown command 'relese'", "Did you mean release?"],
    [["--path", "audit", "audit", "help", "qurey"], "unknown command 'qurey'", "Did you mean query?"],
    [["xyzzy", "--help"], "unknown command 'xyzzy'"],
    [["--jsno", "status"], "unknown option '--jsno'", "Did you mean --json?"],
    [["retention", "hold", "list", "--relased"], "unknown option '--relased'", "Did you mean --released?"],
    [["audit", "count", "--decison=deny"], "unknown option '--decison'", "Did you mean --decision?"],
    [["audit", "query", "--agnet", "x"], "unknown option '--agnet'", "Did you mean --agent?"],
    [["audit", "query", "--limit", "0"], "--limit", "a whole number from 1 to 1000"],
    [["audit", "query", "--order", "random"], "--order", "newest, oldest"],
    [["audit", "query", "--from", "soon"], "--from", "an ISO time"],
    [["audit", "query", "--payload", "user=1"], "--payload", "a JSON Pointer"],
    [["audit", "show", "7"], 'event id is "7"', "a UUID"],
    [["policy", "show", "p", "first"], "version", "a whole number"],
    [["audit", "summarize", "--group-by", "tol"], "--group-by", 'Did you mean "tool"?'],
    [["audit", "summarize", "--bucket", "7h"], "--bucket", "divides a day"],
    [["audit", "import"], "missing required argument 'sources'"],
    [["audit", "import", "x", "--format", "jsnl"], "--format", 'Did you mean "jsonl"?'],
    [["audit", "export", "--json"], "--json reports on an export to a file"],
    [["migrate", "--plan", "--verify"], "give one of them"],
    [["policy", "activate", "p", "first"], "version", "a whole number"],
    [["completion", "tcsh"], "shell", "bash, zsh, fish"],
    [["status", "--interval", "0"], "--interval"],
    [["retention", "plan", "--at", "soon"], "--at", "an ISO time"],
    [["retention", "plan", "--cold-action", "archiv"], "--cold-action", 'Did you mean "archive"?'],
    [["retention", "history", "--limit", "0"], "--limit", "a whole number from 1 to 1000"],
    [["archive", "query", "--format", "parquet"], "--format", "table, jsonl, csv"],
    [["archive", "query", "--format", "csv", "--json"], "--json reports on an export to a file"],
    [["archive", "restore", "--actor", "me"], "--actor says who places a hold"],
    [["archive", "list", "--from", "1d", "--to", "2d"], "--from 1d is not before --to 2d"],
  ];
  test.each(cases)("%j", async (args, ...expected) => {
    const result = await sandbox.run(args);
    expect(result.code).toBe(2);
    expect(result.stdout).toBe("");
    if (!args.includes("--json")) expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
    for (const part of expected) expect(result.stderr).toContain(part);
  });
});

describe("errors", () => {
  test("with --json they are an object on stderr", async () => {
    const usage = await sandbox.run(["audit", "qurey", "--json"]);
    expect(usage.code).toBe(2);
    expect(JSON.parse(usage.stderr)).toMatchObject({ error: { code: "usage" } });
    const missing = await sandbox.run(["audit", "count", "--json"]);
    expect(missing.code).toBe(1);
    expect(JSON.parse(missing.stderr)).toMatchObject({
      error: { code: "not_found", backend: "sqlite", retryable: false },
    });
  });

  test("a file that is not there is not created by a question", async () => {
    const result = await sandbox.run(["audit", "count", "--path", "typo.db"]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^aasm: not_found: there is no database at .*typo\.db\. Create one with aasm demo/);
    expect((await sandbox.run(["audit", "count", "--path", "typo.db"])).code).toBe(1);
  });

  test("the stack is shown with --debug only", async () => {
    const quiet = await sandbox.run(["audit", "count"]);
    expect(quiet.stderr.trimEnd().split("\n")).toHaveLength(1);
    const loud = await sandbox.run(["audit", "count", "--debug"]);
    expect(loud.stderr).toMatch(/\n\s+at /);
  });

  test("a file that is no database is left as it was", async () => {
    const path = join(sandbox.folder, "notes.db");
    await writeFile(path, "these are notes, not a database\n".repeat(200));
    const before = await readFile(path);
    const result = await sandbox.run(["status", "--path", path]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^aasm: \w+: .*\n$/);
    expect(await readFile(path)).toEqual(before);
  });
});

describe("configuration", () => {
  test("show names the source of each value and masks secrets", async () => {
    const env = { AAASM_DATABASE_URL: "postgres://app:hunter2@db/audit", AA_MODE: "remote" };
    const shown = await sandbox.run(["config", "show"], { env });
    expect(shown.stdout).toContain("postgres://app:***@db/audit");
    expect(shown.stdout).toMatch(/mode\s+remote\s+AA_MODE/);
    expect(shown.stdout).not.toContain("hunter2");
    const document = await sandbox.json<{ config: { storage: { backend: string } }; sources: object }>(
      ["config", "show"],
      0,
      { env },
    );
    expect(document.config.storage.backend).toBe("postgres");
    expect(document.sources).toMatchObject({ "storage.postgres.database_url": "AAASM_DATABASE_URL" });
  });

  test("AAASM_CONFIG names the file, a variable overrides it, and show says so", async () => {
    const file = join(sandbox.folder, "container.yaml");
    await writeFile(file, "storage: { redis: { prefix: a, max_connections: 3 } }\n");
    const env = { AAASM_CONFIG: file, AAASM_REDIS_MAX_CONNECTIONS: "7" };
    const { stdout } = await sandbox.run(["config", "show"], { env });
    expect(stdout).toMatch(/\n\(file\) +\S+container\.yaml +AAASM_CONFIG\n/);
    expect(stdout).toMatch(/storage\.redis\.max_connections +7 +AAASM_REDIS_MAX_CONNECTIONS\n/);
    const { fileFrom, sources } = await sandbox.json<{ fileFrom: string; sources: object }>(["config", "show"], 0, {
      env,
    });
    expect(fileFrom).toBe("AAASM_CONFIG");
    expect(sources).toEqual({
      "storage.redis.prefix": file,
      "storage.redis.max_connections": "AAASM_REDIS_MAX_CONNECTIONS",
    });
    const mistyped = await sandbox.run(["config", "show"], { env: { AAASM_REDIS: "on" } });
    expect(mistyped.code).toBe(1);
    expect(mistyped.stderr).toBe(
      'aasm: invalid_argument: environment variable AAASM_REDIS: this variable sets nothing. Did you mean "AAASM_REDIS_ENABLED"?\n',
    );
  });

  test("show names the members of lists, and masks an archive's secret", async () => {
    const file = join(sandbox.folder, "rules.yaml");
    const rule = "{ name: court, agent_id: [a, b], warm_days: forever }";
    const archive = "s3://key:hunter2@bucket/x";
    await writeFile(file, `storage: { retention: { archive_url: "${archive}", rules: [${rule}] } }\n`);
    const { code, stdout } = await sandbox.run(["config", "show", "--config", file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/storage\.retention\.rules\[0\]\.agent_id +a, b +\S+rules\.yaml\n/);
    expect(stdout).toMatch(/storage\.retention\.rules\[0\]\.warm_days +forever +\S+rules\.yaml\n/);
    expect(stdout).toContain("s3://key:***@bucket/x");
    const plan = await sandbox.run(["retention", "plan", "--config", file]);
    expect(plan.code).toBe(1);
    expect(plan.stderr).toMatch(/^aasm: invalid_argument: storage\.retention\.archive_url contains credentials/);
    expect(stdout + plan.stderr).not.toContain("hunter2");
  });

  test("validate accepts a good file and explains a bad one", async () => {
    const good = join(sandbox.folder, "good.yaml");
    const bad = join(sandbox.folder, "bad.yaml");
    await writeFile(good, "mode: local\n");
    await writeFile(bad, "storage:\n  retention:\n    hot_day: 3\n");
    expect(await sandbox.json(["config", "validate", good])).toEqual({
      valid: true,
      file: good,
      mode: "local",
      backend: "sqlite",
      warnings: [],
    });
    const refused = await sandbox.run(["config", "validate", bad]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("storage.retention.hot_day");
    expect(refused.stderr).toContain('Did you mean "hot_days"?');
    expect((await sandbox.run(["status", "--config", join(sandbox.folder, "none.yaml")])).code).toBe(1);
  });

  test("a backend that is unknown, or whose package is not installed", async () => {
    const unknown = await sandbox.run(["status", "--backend", "sqllite"]);
    expect(unknown.stderr).toContain('Did you mean "sqlite"?');
    const env = {
      AA_MODE: "remote",
      AAASM_DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/d",
      AAASM_SQLITE_PATH: "x.db",
    };
    const remote = await sandbox.run(["status"], { env });
    expect(remote.code).toBe(1);
    expect(remote.stderr).not.toContain("hunter2");
  });
});

test("metrics in local mode are refused with the reason, not answered with nothing", async () => {
  const result = await sandbox.run(["metrics", "plot", "tokens", "--backend", "memory"]);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain("live in the gateway's process only");
});
