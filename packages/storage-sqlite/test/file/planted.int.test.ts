import { execFileSync } from "node:child_process";
import fileSystem, {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { openSqliteStorage } from "../../src/backend.js";
import { createDatabaseFile } from "../../src/file/access.js";
import { runChild } from "../support/child.js";
import { failureOf } from "../support/failure.js";
import { createDatabase } from "../support/open.js";
import { OPEN_SCRIPT } from "../support/open-script.js";
import { tempFolder } from "../support/temp-folder.js";

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

interface Opened {
  readonly ok: boolean;
  readonly code?: string;
  readonly message?: string;
}

async function openInChild(path: string, asNobody = false): Promise<Opened> {
  const { stdout, stderr } = await runChild(OPEN_SCRIPT, [path], { asNobody });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Opened;
}

describe.skipIf(process.platform === "win32")("a place that others can reach", () => {
  it("is noted when every user can read or write the database", async () => {
    const folder = tempFolder();
    const path = join(folder, "audit.db");
    await createDatabase(path);
    chmodSync(folder, 0o755);
    chmodSync(path, 0o646);
    await using storage = await openSqliteStorage({ path });
    const { status, notes } = await storage.health();
    expect(status).toBe("ok");
    expect(notes?.[0]).toBe(`every user can read and write to ${path}, which has mode 0646; run "chmod o-rwx" on it`);
    chmodSync(path, 0o600);
    chmodSync(`${path}-wal`, 0o600);
    expect((await storage.health()).notes).toBeUndefined();
  });

  it("is made with rights for its owner only", async () => {
    const path = join(tempFolder(), "some", "where", "audit.db");
    const before = process.umask(0);
    try {
      await using storage = await openSqliteStorage({ path });
      expect((await storage.health()).status).toBe("ok");
      const modes = [dirname(dirname(path)), dirname(path), path, `${path}-wal`].map(
        (one) => statSync(one).mode & 0o777,
      );
      expect(modes).toEqual([0o700, 0o700, 0o600, 0o600]);
    } finally {
      process.umask(before);
    }
  });

  it("is found through links that its user made", async () => {
    const home = tempFolder();
    const disk = tempFolder();
    symlinkSync(disk, join(home, ".aasm"));
    await createDatabase(join(home, ".aasm", "audit.db"));
    expect(existsSync(join(disk, "audit.db"))).toBe(true);
    symlinkSync(join(disk, "audit.db"), join(home, "linked.db"));
    expect(await openInChild(join(home, "linked.db"))).toMatchObject({ ok: true });
  });
});

describe.skipIf(process.platform === "win32")("what is not opened", () => {
  it("a link that is placed between the look and the creation", () => {
    const folder = tempFolder();
    const path = join(folder, "audit.db");
    const victim = join(folder, "victim");
    const place = fileSystem.openSync;
    const spy = vi.spyOn(fileSystem, "openSync").mockImplementation((...args) => {
      symlinkSync(victim, path);
      return place(...args);
    });
    syncBuiltinESMExports();
    try {
      createDatabaseFile(path);
    } finally {
      spy.mockRestore();
      syncBuiltinESMExports();
    }
    expect([lstatSync(path).isSymbolicLink(), existsSync(victim)]).toEqual([true, false]);
  });

  it.each(["-wal", "-shm", "-journal"])("a database beside a link with the name of its %s", async (suffix) => {
    const path = join(tempFolder(), "audit.db");
    const victim = join(tempFolder(), "victim");
    writeFileSync(victim, "precious");
    symlinkSync(victim, `${path}${suffix}`);
    const error = await failureOf(() => openSqliteStorage({ path }));
    expect([error.code, error.message]).toEqual([
      "permission_denied",
      expect.stringContaining(`it is not safe to open: ${path}${suffix}, which SQLite writes to, is a symbolic link`),
    ]);
    expect(lstatSync(victim).size).toBe(8);
  });

  it.each(["a FIFO", "a folder"])("%s", async (what) => {
    const path = join(tempFolder(), "audit.db");
    if (what === "a folder") mkdirSync(path);
    else execFileSync("mkfifo", [path]);
    expect(await openInChild(path)).toMatchObject({
      ok: false,
      code: "invalid_argument",
      message: expect.stringContaining(`is ${what}`),
    });
  });

  // Only root can make files of another user. What is decided is tested for all users in place.unit.test.ts.
  it("by root, a database that another user placed in a folder such as /tmp; by that user, it is", async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o1777);
    const path = join(folder, "audit.db");
    await createDatabase(path);
    if (isRoot) for (const name of readdirSync(folder)) chownSync(join(folder, name), NOBODY, NOBODY);
    expect(await openInChild(path, true)).toMatchObject({ ok: true });
    const found = await openInChild(path);
    if (isRoot) {
      expect(found).toMatchObject({ ok: false, code: "permission_denied" });
      expect(found.message).toContain(
        `audit.db in ${folder}, where every user can place files, belongs to user ${NOBODY}`,
      );
    } else expect(found).toMatchObject({ ok: true });
  });

  it("in a folder of another user's that everybody can write to", async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o777);
    const found = await openInChild(join(folder, "audit.db"), true);
    // As any other user than root, the child is the owner of the folder.
    if (!isRoot) expect(found).toMatchObject({ ok: true });
    else {
      expect(found).toMatchObject({ ok: false, code: "permission_denied" });
      expect(found.message).toContain(`every user can replace files in its folder ${folder}, which belongs to user 0`);
      expect(readdirSync(folder)).toEqual([]);
      expect(await openInChild(join(folder, "aasm", "audit.db"), true)).toMatchObject({ ok: true });
    }
  });
});
