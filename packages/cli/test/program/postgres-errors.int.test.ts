import { randomBytes } from "node:crypto";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { createPostgresSandbox, describePostgres, PASSWORD } from "../support/postgres-sandbox.js";
import { startRefusingServer } from "../support/refusing-server.js";

describePostgres("one line says where, why and what to do", ["postgres"], async (profile) => {
  const sandbox = await createPostgresSandbox(profile, "cli_errors");
  const wrong = await startRefusingServer("28P01", 'password authentication failed for user "gateway"');
  afterAll(() => wrong.server.close());
  const starting = await startRefusingServer("57P03", "the database system is starting up");
  afterAll(() => starting.server.close());
  const { host } = new URL(sandbox.url);
  const other = new URL(sandbox.url);
  other.pathname = "/no_such";

  const cases: [what: string, url: string, ...expected: (string | RegExp)[]][] = [
    [
      "no server",
      at("127.0.0.1:1", "/db"),
      "unavailable: PostgreSQL 127.0.0.1:1/db:",
      "cannot be reached",
      "Check host",
    ],
    [
      "a wrong password",
      at(`127.0.0.1:${wrong.port}`, "/db"),
      `permission_denied: PostgreSQL 127.0.0.1:${wrong.port}/db:`,
      "refuses this user or password",
      "Check the URL",
    ],
    [
      "a server that starts",
      at(`127.0.0.1:${starting.port}`, "/db"),
      `unavailable: PostgreSQL 127.0.0.1:${starting.port}/db:`,
      "starting up",
      "Try again",
    ],
    ["no database", other.toString(), `not_found: PostgreSQL ${host}/no_such:`, "does not exist", "Create it"],
    [
      "no name",
      at("no-such-host.invalid", "/db"),
      "unavailable: PostgreSQL no-such-host.invalid:5432/db:",
      "host name",
    ],
  ];
  const commands = [["status"], ["migrate"], ["audit", "count"]];

  test.each(cases)("%s", async (_, url, ...expected) => {
    for (const command of commands) await refused(command, url, expected);
  });

  test("a schema that is not there", async () => {
    for (const command of [["status"], ["audit", "count"], ["metrics", "query", "tokens"]]) {
      await refused(command, sandbox.url, [`schema_outdated: PostgreSQL ${host}/`, 'Run "aasm migrate"']);
    }
  });

  test("a role without rights", async () => {
    await sandbox.json(["migrate"]);
    const url = new URL(sandbox.url);
    url.username = `aasm_test_${randomBytes(6).toString("hex")}`;
    await sandbox.sql(`CREATE ROLE ${url.username} LOGIN`);
    onTestFinished(() => sandbox.sql(`DROP ROLE ${url.username}`));
    for (const command of [["status"], ["audit", "count"], ["migrate", "--status"]]) {
      await refused(command, url.toString(), [
        `permission_denied: PostgreSQL ${host}/`,
        `the role "${url.username}" may not read the tables of the schema "public"`,
        "GRANT aasm_writer TO",
      ]);
    }
    // As PostgreSQL 15 and later have it for all but the owner.
    await sandbox.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC");
    for (const command of [["migrate"], ["migrate", "--plan"]]) {
      await refused(command, url.toString(), [
        `the role "${url.username}" may not create tables in the schema "public"`,
        `GRANT USAGE, CREATE ON SCHEMA "public" TO "${url.username}"`,
        "storage.postgres.schema",
      ]);
    }
  });

  async function refused(command: readonly string[], url: string, expected: readonly (string | RegExp)[]) {
    const { code, stdout, stderr } = await sandbox.run(command, { env: { AAASM_DATABASE_URL: url } });
    expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: "" });
    expect(stderr).toMatch(/^aasm: [^\n]+\n$/);
    expect(stderr).not.toContain(PASSWORD);
    for (const part of expected) expect(stderr).toMatch(part);
  }
});

function at(host: string, database: string): string {
  return `postgres://gateway:${PASSWORD}@${host}${database}`;
}
