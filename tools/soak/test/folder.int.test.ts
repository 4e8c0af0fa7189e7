import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { makeFolder, removeFolder } from "../src/folder.js";
import { SmallDisk } from "../src/stores/small-disk.js";
import { run } from "./support/run.js";

const PROGRAM = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** A process that has ended. */
function deadProcess(): Promise<ChildProcess> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--eval", ""]);
    child.on("exit", () => resolve(child));
  });
}

function folderOf(pid: number | undefined): string {
  return join(tmpdir(), `aasm-soak-${hostname()}-${pid}-left`);
}

it("what a soak left that was killed is removed, with the disk that it had mounted", async () => {
  const left = folderOf((await deadProcess()).pid);
  await mkdir(left);
  await SmallDisk.mount(join(left, "disk"), 1024 * 1024);
  await writeFile(join(left, "disk", "audit.db"), "");
  const own = await makeFolder();
  expect(existsSync(left)).toBe(false);
  expect(basename(own)).toContain(String(process.pid));
  await removeFolder(own);
});

it("what a running soak uses, or one on another machine, stays", async () => {
  const running = folderOf(process.pid);
  const elsewhere = join(tmpdir(), `aasm-soak-elsewhere.${hostname()}-${(await deadProcess()).pid}-left`);
  await mkdir(running);
  await mkdir(elsewhere);
  await removeFolder(await makeFolder());
  expect([existsSync(running), existsSync(elsewhere)]).toEqual([true, true]);
  await removeFolder(running);
  await removeFolder(elsewhere);
});

it.each([
  [["--minutes", "none"], "--minutes must be a number from 0.05 to 10000"],
  [["--store", "oracle"], "--store oracle is unknown; known: sqlite, postgres"],
  [["--sedd", "1"], "Unknown option '--sedd'"],
])("%j is refused in one line", async (args, said) => {
  const { status, stderr } = await run(PROGRAM, args);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^soak: [^\n]*\n$/);
  expect(stderr).toContain(said);
});

it.each([
  [undefined, "the store is a server that runs already"],
  ["postgres://postgres@127.0.0.1:1/postgres", "the server cannot be used (ECONNREFUSED)"],
])("a server that is not there (%s) is said in one line, with the remedy", async (url, said) => {
  const { status, stderr } = await run(PROGRAM, ["--store", "timescale-community"], {
    env: { AASM_TEST_TIMESCALE_URL: url },
  });
  expect(status).toBe(2);
  expect(stderr).toBe(
    `soak: ${said}; set AASM_TEST_TIMESCALE_URL to the URL of a server with TimescaleDB's Community edition\n`,
  );
});
