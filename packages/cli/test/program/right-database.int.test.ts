import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, beforeAll, describe, expect, inject, it, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const PASSWORD = "never-shown-either";
const EVENT =
  '{"ts":"2026-11-20T10:00:00.000Z","eventId":"6f9619ff-8b86-4d01-b42d-00c04fc96901","agentId":"a","action":"x","decision":"allow"}';

describe("where data goes", async () => {
  const sandbox = await createSandbox();

  it("is what status says first", async () => {
    await sandbox.run(["demo"]);
    const { stdout } = await sandbox.run(["status"]);
    expect(stdout.split("\n")[0]).toBe(`data in ${join(sandbox.folder, ".aasm/local.db")} (sqlite, by default)`);
    expect(
      await sandbox.json(["status"], 0, { env: { AAASM_SQLITE_PATH: join(sandbox.folder, ".aasm/local.db") } }),
    ).toMatchObject({
      namedBy: "AAASM_SQLITE_PATH",
    });
  });

  it("is warned of on stderr, in every command, when it is not the database that is named", async () => {
    const env = { AA_MODE: "local", AAASM_DATABASE_URL: `postgres://app:${PASSWORD}@127.0.0.1:1/x` };
    const said =
      'aasm: warning: AAASM_DATABASE_URL is set and not used: mode (AA_MODE) says sqlite. Unset it, or set the mode to "remote".\n';
    for (const command of [["audit", "count"], ["config", "validate"], ["config", "show"], ["status"]]) {
      const { stdout, stderr } = await sandbox.run(command, { env });
      expect(stderr).toBe(said);
      expect(stdout).not.toContain(PASSWORD);
    }
    const { stderr, stdout } = await sandbox.run(["config", "validate", "--json"], { env });
    expect(JSON.parse(stderr)).toMatchObject({ warning: { message: expect.stringMatching(/not used/) } });
    expect(JSON.parse(stdout)).toMatchObject({ valid: true, warnings: [expect.stringMatching(/not used/)] });
  });

  it("is never a file when only the URL of a database is set", async () => {
    const { code, stderr } = await sandbox.run(["audit", "count"], {
      env: { AAASM_DATABASE_URL: `postgres://app:${PASSWORD}@127.0.0.1:1,[::1]:1/x` },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/unavailable: .*127\.0\.0\.1:1 does not answer.*\[::1\]:1 does not answer/);
    expect(stderr).not.toContain(PASSWORD);
  });
});

describe("config validate", async () => {
  const sandbox = await createSandbox();

  test.each([
    [{ AAASM_DATABASE_URL: "postgres://h/d?sslmode=verify" }, /AAASM_DATABASE_URL has the parameter sslmode/],
    [{ AAASM_DATABASE_URL: "postgres://h/d?gssencmode=require" }, /gssencmode, which must be disable or prefer/],
    [{ AAASM_RETENTION_ARCHIVE_URL: "s3:///no-bucket" }, /storage\.retention\.archive_url names no bucket/],
    [
      { AAASM_RETENTION_ARCHIVE_URL: "file://server/folder" },
      /storage\.retention\.archive_url names no absolute folder/,
    ],
    [{ AAASM_RETENTION_ARCHIVE_URL: `s3://bucket/x?secret=${PASSWORD}` }, /archive_url/],
    [{ AAASM_RETENTION_SCHEDULE: "0 3 30 2 *" }, /AAASM_RETENTION_SCHEDULE/],
    [
      { AASM_DATABASE_URL: `postgres://u:${PASSWORD}@h/d` },
      /AASM_DATABASE_URL: this variable sets nothing. Did you mean "AAASM_DATABASE_URL"/,
    ],
    [{ AAASM_MODE: "remote" }, /Did you mean "AA_MODE"/],
    [{ AASM_REDIS_URL_FILE: "/x" }, /Did you mean "AAASM_REDIS_URL_FILE"/],
    [{ AA_MODE: "remote", AAASM_DATABASE_URL: "" }, /database_url is missing/],
  ])("%j is refused, and nothing is opened", async (env, said) => {
    const { code, stderr } = await sandbox.run(["config", "validate"], { env: env as Record<string, string> });
    expect(code).toBe(1);
    expect(stderr).toMatch(said);
    expect(stderr).not.toContain(PASSWORD);
  });
});

describeNeeding("postgres", "a database", async () => {
  const sandbox = await createSandbox();
  const url = inject("services").profiles.find(({ name }) => name === "postgres")?.url ?? "";
  let database: Awaited<ReturnType<typeof createDatabase>>;
  beforeAll(async () => {
    database = await createDatabase(url, "cli_right");
  });
  afterAll(() => database?.drop());

  it("is found by a URL alone, from a file, past a host that is down; status says which", async () => {
    const there = new URL(database.url);
    const urls = `postgres://postgres:${PASSWORD}@127.0.0.1:1,${there.hostname}:${there.port}${there.pathname}?target_session_attrs=read-write\n`;
    const path = join(sandbox.folder, "url");
    await writeFile(path, urls);
    await chmod(path, 0o600);
    await writeFile(join(sandbox.folder, "one.jsonl"), `${EVENT}\n`);
    const env = { AAASM_DATABASE_URL_FILE: path, AAASM_POSTGRES_TIMESCALEDB_MODE: "off" };
    expect(await sandbox.run(["migrate"], { env })).toMatchObject({ code: 0, stderr: "" });
    expect(await sandbox.run(["audit", "import", join(sandbox.folder, "one.jsonl")], { env })).toMatchObject({
      code: 0,
    });
    expect(await sandbox.json(["audit", "count"], 0, { env })).toEqual({ count: 1 });
    const { stdout } = await sandbox.run(["status"], { env });
    expect(stdout.split("\n")[0]).toBe(
      `data in postgres://127.0.0.1:1,${there.host}${there.pathname}, schema public (postgres, named by AAASM_DATABASE_URL_FILE)`,
    );
    expect(stdout).toMatch(new RegExp(`server +${there.host}\n`));
    for (const command of [
      ["config", "show"],
      ["config", "show", "--json"],
      ["status", "--json"],
    ]) {
      expect((await sandbox.run(command, { env })).stdout).not.toContain(PASSWORD);
    }
  });
});
