import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { afterAll, expect, it } from "vitest";
import { backupSqlite } from "../../src/copies/backup.js";
import { folderOfFile } from "../support/file-folder.js";

const folder = folderOfFile();
const small = join(folder, "small");
mkdirSync(small);
const mounted = mountSmall();
afterAll(() => {
  if (mounted) execFileSync("umount", [small]);
});

/** A file system of 8 MiB, where this user may mount one. */
function mountSmall(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", small], { stdio: "ignore" });
    return true;
  } catch (error) {
    console.log(`disk-full test not run: a small file system cannot be mounted here (${(error as Error).message})`);
    return false;
  }
}

const events = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ts: new Date(),
    agentId: "agent-1",
    action: "tool_call",
    decision: "allow",
    payload: { n, note: "x".repeat(1000) },
  }));

const whenMounted = (title: string): string =>
  mounted ? title : `${title} (no small file system can be mounted here: run as root)`;

it.skipIf(!mounted)(whenMounted("a backup for which there is no room is full, and leaves nothing behind"), async () => {
  const path = join(folder, "large.db");
  await using storage = await openSqliteStorage({ path });
  for (let i = 0; i < 10; i++) await storage.audit.append(events(1000));
  await expect(backupSqlite({ path }, join(small, "copy.db"))).rejects.toMatchObject({ code: "full" });
  expect(readdirSync(small)).toEqual([]);
});

const title = "a full disk fails appends with full, keeps what was stored, and is over when there is room";
it.skipIf(!mounted)(whenMounted(title), async () => {
  const ballast = join(small, "ballast");
  writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024));
  await using storage = await openSqliteStorage({ path: join(small, "full.db") });
  let stored = 0;
  let failure: unknown;
  while (failure === undefined) {
    await storage.audit.append(events(200)).then(
      ({ inserted }) => {
        stored += inserted;
      },
      (error: unknown) => {
        failure = error;
      },
    );
  }
  expect(failure).toMatchObject({ code: "full", operation: "audit.append" });
  expect(stored).toBeGreaterThan(0);
  expect(await storage.audit.count()).toBe(stored);
  rmSync(ballast);
  expect((await storage.audit.append(events(50))).inserted).toBe(50);
  expect(await storage.audit.count()).toBe(stored + 50);
});
