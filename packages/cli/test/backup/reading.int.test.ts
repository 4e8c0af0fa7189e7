import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStorage } from "@agent-assembly/storage";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSandbox, type RunResult } from "../support/run-aasm.js";

const sandbox = await createSandbox();
/** The user that owns nothing. */
const OTHER_USER = 65_534;
const isRoot = process.getuid?.() === 0;

const READING = [
  ["audit", "count"],
  ["audit", "query", "--limit", "2"],
  ["audit", "tail", "--no-follow"],
  ["audit", "export", "--out", "-"],
  ["audit", "summarize", "--group-by", "decision"],
  ["agents", "list"],
  ["policy", "list"],
  ["approvals", "list"],
  ["migrate", "--status"],
  ["migrate", "--verify"],
  ["migrate", "--plan"],
  ["metrics", "list"],
  ["retention", "plan"],
  ["retention", "history"],
  ["retention", "hold", "list"],
];

/** Runs in a process of its own that may write nothing of this user's. */
function runAsOther(args: readonly string[]): Promise<RunResult> {
  const home = join(sandbox.folder, "other-home");
  if (!existsSync(home)) {
    mkdirSync(home);
    if (isRoot) chownSync(home, OTHER_USER, OTHER_USER);
  }
  const env = { HOME: home, USERPROFILE: home };
  return sandbox.spawn(args, { cwd: "/", env, ...(isRoot && { user: OTHER_USER }) });
}

/** SHA-256 of every file of a folder. */
function digests(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}

const at = (...parts: string[]): string => join(sandbox.folder, ...parts);

beforeAll(async () => {
  chmodSync(sandbox.folder, 0o755);
  const made = await sandbox.run(["demo", "--path", at("demo.db")]);
  expect(made.code).toBe(0);
});

function copyTo(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(at(name));
  for (const [from, to] of Object.entries(files)) copyFileSync(from, at(name, to));
  return at(name);
}

/** Only root can write to what is in it. */
function seal(folder: string): void {
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444);
  chmodSync(folder, 0o555);
}

describe("reading commands change nothing", () => {
  test("of a copy without permission to write, and answer as on the original", async () => {
    const folder = copyTo("evidence", { [at("demo.db")]: "local.db" });
    seal(folder);
    const before = digests(folder);
    for (const command of READING) {
      const [there, here] = [
        await runAsOther([...command, "--path", join(folder, "local.db"), "--json"]),
        await sandbox.run([...command, "--path", at("demo.db"), "--json"]),
      ];
      const known = (text: string): string => text.replaceAll(/"[^"]*(At|now|at)": "[^"]*"/g, "");
      expect([command, there.code, there.stderr]).toEqual([
        command,
        here.code,
        here.stderr.replaceAll(at("demo.db"), join(folder, "local.db")),
      ]);
      if (command[0] !== "retention") expect(known(there.stdout)).toBe(known(here.stdout));
      expect(digests(folder), command.join(" ")).toEqual(before);
    }
    const status = await runAsOther(["status", "--path", join(folder, "local.db"), "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({ events: 1341, health: { status: "ok" } });
    expect(digests(folder)).toEqual(before);
    chmodSync(folder, 0o755);
  });

  test("of copies with the -wal of a writer, sealed or not: the rows in the -wal are seen", async () => {
    const path = at("live.db");
    const storage = await openStorage({ backend: "sqlite", path });
    const events = Array.from({ length: 20 }, (_, n) => ({
      ts: new Date(),
      agentId: "a",
      action: "message",
      decision: "allow",
      payload: { n },
    }));
    await storage.audit.append(events);
    const files = { [path]: "local.db", [`${path}-wal`]: "local.db-wal" };
    const folders = [copyTo("with-wal", files), copyTo("sealed-with-wal", files)];
    copyFileSync(`${path}-shm`, join(folders[0] as string, "local.db-shm"));
    await storage.close();
    seal(folders[1] as string);
    for (const folder of folders) {
      if (folder === folders[0] && isRoot) {
        for (const name of ["", "local.db", "local.db-wal", "local.db-shm"])
          chownSync(join(folder, name), OTHER_USER, OTHER_USER);
      }
      const before = digests(folder);
      for (const command of READING) {
        const { code, stderr } = await runAsOther([...command, "--path", join(folder, "local.db")]);
        if (command[0] !== "metrics") expect([command, code, stderr]).toEqual([command, 0, ""]);
        expect(digests(folder), command.join(" ")).toEqual(before);
      }
      expect((await runAsOther(["audit", "count", "--path", join(folder, "local.db")])).stdout).toBe("20\n");
    }
    for (const folder of folders) chmodSync(folder, 0o755);
  });

  test("of a store that a process writes: it is read as it is, and goes on", async () => {
    const path = at("busy.db");
    await using storage = await openStorage({ backend: "sqlite", path });
    for (let round = 1; round <= 3; round++) {
      await storage.audit.append([{ ts: new Date(), agentId: "a", action: "message", decision: "allow" }]);
      expect((await sandbox.spawn(["audit", "count", "--path", path])).stdout).toBe(`${round}\n`);
    }
    expect((await storage.health()).problems).toEqual([]);
  });

  const refused: [what: string, code: string, says: string, prepare: (path: string) => void][] = [
    [
      "a file that is not there",
      "not_found",
      "Create one with aasm demo, aasm migrate or aasm audit import",
      () => undefined,
    ],
    ["an empty file", "schema_outdated", 'Run "aasm migrate"', (path) => writeFileSync(path, "")],
    [
      "a file of another program",
      "corrupt",
      "is not a SQLite database",
      (path) => writeFileSync(path, "notes\n".repeat(99)),
    ],
  ];
  test.each(refused)("for %s, which they name", async (what, code, says, prepare) => {
    const folder = at(what.replaceAll(" ", "-"));
    mkdirSync(folder);
    const path = join(folder, "local.db");
    prepare(path);
    const before = digests(folder);
    for (const command of [...READING, ["status"]]) {
      const result = await sandbox.run([...command, "--path", path]);
      expect(digests(folder), command.join(" ")).toEqual(before);
      // A migration is what such a file may need.
      if (command[0] === "migrate") continue;
      expect([command, result.code]).toEqual([command, 1]);
      expect(result.stderr).toContain(`${code}:`);
      expect(result.stderr).toContain(says);
    }
  });
});

test("what is read as a copy leaves nothing in the temporary folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "aasm-cli-tmp-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const { code } = await sandbox.spawn(["audit", "count", "--path", at("with-wal", "local.db")], {
    env: { TMPDIR: folder },
  });
  expect(code).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});
