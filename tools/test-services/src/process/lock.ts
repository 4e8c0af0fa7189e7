import { randomUUID } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { startTime } from "./processes.js";
import { waitUntil } from "./wait-until.js";

/**
 * Runs `work` while no other process runs it under the same lock file. A lock whose process is dead is taken over. After
 * `patienceMs` the work is done without the lock, so it must be safe twice at once; the lock only saves double work.
 */
export async function withLock<T>(file: string, patienceMs: number, work: () => Promise<T>): Promise<T> {
  const own = `${process.pid} ${startTime(process.pid)}`;
  const held = await waitUntil(async () => ((await acquire(file, own)) ? true : undefined), patienceMs);
  try {
    return await work();
  } finally {
    if (held && (await owner(file)) === own) await rm(file, { force: true });
  }
}

async function acquire(file: string, own: string): Promise<boolean> {
  // Of this very call: a process may want the lock for several things at once.
  const draft = `${file}.${process.pid}-${randomUUID()}`;
  // Linking makes the lock appear with its content: a half-written one would look like a dead process's.
  await writeFile(draft, own);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const other = await owner(file);
    if (other !== undefined && !isAlive(other)) await rm(file, { force: true });
    return false;
  } finally {
    await rm(draft, { force: true });
  }
}

async function owner(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(identity: string): boolean {
  const [, pid, start] = /^(\d+) (.*)$/.exec(identity) ?? [];
  return startTime(Number(pid)) === start;
}
