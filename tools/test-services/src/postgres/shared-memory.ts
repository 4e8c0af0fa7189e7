import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { readProc } from "../process/processes.js";

/**
 * The files in `/dev/shm` that the processes of a server use. A killed server leaves them until the next start, or for
 * ever. A process that has just ended is passed over.
 */
export function sharedMemoryFiles(pids: readonly number[]): readonly string[] {
  const maps = pids.map((pid) => readProc(pid, "maps") ?? "").join("\n");
  return [...new Set(maps.match(/\/dev\/shm\/PostgreSQL\.\d+/g) ?? [])];
}

/**
 * Removes the shared memory of a server that was killed and not started again.
 *
 * @param files from `sharedMemoryFiles`, before the kill
 * @param systemVId from the dead server's `postmaster.pid`; `undefined` when the server ended in an orderly way
 */
export async function removeSharedMemory(files: readonly string[], systemVId: number | undefined): Promise<void> {
  if (systemVId === undefined) return;
  for (const file of files) await rm(file, { force: true });
  const segments = readFileSync("/proc/sysvipc/shm", "utf8").split("\n").slice(1);
  const exists = segments.some((line) => line.trim().split(/\s+/)[1] === String(systemVId));
  if (exists) await promisify(execFile)("ipcrm", ["--shmem-id", String(systemVId)]);
}
