import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** With the machine's name: another container's processes look dead from here, and may share the temporary folder. */
const PREFIX = `aasm-soak-${hostname()}-`;

/**
 * A folder of this process, which removes it by {@link removeFolder}. What soaks left that were killed is removed first,
 * with what they had mounted.
 */
export async function makeFolder(): Promise<string> {
  await removeLeftovers();
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** @returns the folders that were removed */
export async function removeLeftovers(): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? /^(\d+)-/.exec(name.slice(PREFIX.length))?.[1] : undefined;
    if (pid === undefined || isRunning(Number(pid))) continue;
    const folder = join(tmpdir(), name);
    const { uid } = await stat(folder);
    if (uid !== process.getuid?.()) continue;
    await unmountBelow(folder);
    await removeFolder(folder);
    removed.push(folder);
  }
  return removed;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user may not be sent a signal, and is there.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function unmountBelow(folder: string): Promise<void> {
  const { dev } = await stat(folder);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && (await stat(path)).dev !== dev) await run("umount", ["--lazy", path]);
  }
}
