import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { BackupReport } from "@agent-assembly/storage";
import { openStorage } from "@agent-assembly/storage";
import { expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const at = (...parts: string[]): string => join(sandbox.folder, ...parts);

test("a backup is restored elsewhere and answers as the store did", async () => {
  await sandbox.run(["demo", "--path", at("a.db")]);
  const made = await sandbox.run(["backup", "b.db", "--path", at("a.db")]);
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout).toMatch(
    /^Backed up to .*b\.db: .* [KM]iB, schema version (\d+), 1,341 events, the newest stored at .*Z, 4 agents/,
  );
  const version = Number(/schema version (\d+)/.exec(made.stdout)?.[1]);
  const restored = await sandbox.json<BackupReport>(["restore", "b.db", "--path", at("new", "c.db")]);
  expect(restored).toMatchObject({ file: at("new", "c.db"), schemaVersion: version, rows: { audit_events: 1341 } });
  for (const command of [
    ["audit", "summarize", "--group-by", "decision"],
    ["policy", "list"],
    ["approvals", "list"],
  ]) {
    const answers = await Promise.all(
      [at("a.db"), at("b.db"), at("new", "c.db")].map((path) => sandbox.run([...command, "--path", path])),
    );
    const withoutAge = answers.map(({ stdout }) =>
      stdout.replaceAll(/\d+[smh] ago|now|in \d+[dhms]/g, "").replaceAll(/ +/g, " "),
    );
    expect(new Set(withoutAge).size).toBe(1);
  }
  expect((await sandbox.run(["restore", "b.db", "--path", at("d.db")])).stdout).toContain(
    "Positions that the original gave out are refused",
  );
});

test("what cannot be done says why, and what to do", async () => {
  const cases: [args: string[], code: number, ...says: string[]][] = [
    [["backup", "b.db", "--path", at("a.db")], 1, "conflict:", "a backup overwrites nothing"],
    [["backup", "no/b.db", "--path", at("a.db")], 1, "not_found:", "its folder does not exist"],
    [["backup", "x.db", "--path", at("none.db")], 1, "not_found:", "there is no such file"],
    [["restore", "b.db", "--path", at("a.db")], 1, "conflict:", "there is a store already"],
    [["restore", "none.db", "--path", at("x.db")], 1, "not_found:", "there is no such file"],
    [["backup"], 2, "missing required argument 'file'"],
    [["backup", "https://example.com/b.db"], 2, "is a URL"],
  ];
  for (const [args, code, ...says] of cases) {
    const result = await sandbox.run(args);
    expect([args, result.code, result.stdout]).toEqual([args, code, ""]);
    for (const part of says) expect(result.stderr).toContain(part);
  }
});

test("other backends name their own tools", async () => {
  const env = { AA_MODE: "remote", AAASM_DATABASE_URL: "postgres://u:secret@127.0.0.1:1/db" };
  for (const args of [
    ["backup", "x.db"],
    ["restore", "b.db"],
  ]) {
    const { code, stderr } = await sandbox.run(args, { env });
    expect(code).toBe(1);
    for (const part of ["unsupported:", "pg_dump", "pg_basebackup", "docs/backup.md"]) expect(stderr).toContain(part);
  }
});

test("Ctrl-C ends a backup and leaves nothing behind", async () => {
  const folder = at("interrupted");
  mkdirSync(folder);
  const path = join(folder, "a.db");
  const storage = await openStorage({ backend: "sqlite", path });
  const events = (round: number) =>
    Array.from({ length: 5000 }, (_, n) => ({
      ts: new Date(),
      agentId: "a",
      action: "message",
      decision: "allow",
      payload: { round, n, text: "x".repeat(2000) },
    }));
  for (let round = 0; round < 5; round++) await storage.audit.append(events(round));
  await storage.close();
  const { code } = await sandbox.spawn(["backup", join(folder, "b.db"), "--path", path], {
    onStart: (child) => {
      const look = setInterval(() => {
        if (!readdirSync(folder).some((name) => name.endsWith(".tmp"))) return;
        clearInterval(look);
        child.kill("SIGINT");
      }, 1);
      child.once("exit", () => clearInterval(look));
    },
  });
  expect(code).toBe(130);
  expect(readdirSync(folder)).toEqual(["a.db"]);
});
