import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { StorageError } from "@agent-assembly/storage-core";

/**
 * Makes this process the only one that uses a file, by a file beside it that has the process id.
 * @returns a function that ends it
 * @throws `busy` while another handle has the file open
 */
export function lock(path: string): () => void {
  const file = `${path}.lock`;
  if (!claim(file)) {
    if (isHeld(file)) throw inUse(file);
    removeStale(file);
    if (!claim(file)) throw inUse(file);
  }
  return () => rmSync(file, { force: true });
}

function claim(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether the process that claimed the file runs. Its id is missing for a moment while the file is written. */
function isHeld(file: string): boolean {
  const owner = ownerOf(file);
  if (owner === undefined) return false;
  if (Number.isNaN(owner)) return true;
  try {
    return process.kill(owner, 0);
  } catch (error) {
    // A process of another user may not be signalled, but it runs.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** @returns `undefined` when there is no such file, `NaN` when it has no process id */
function ownerOf(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** One process at a time, and after another look: it must not remove what another process has claimed meanwhile. */
function removeStale(file: string): void {
  const removal = `${file}.removal`;
  if (!claim(removal)) throw inUse(removal);
  try {
    if (!isHeld(file)) rmSync(file, { force: true });
  } finally {
    rmSync(removal);
  }
}

function inUse(file: string): StorageError {
  const owner = ownerOf(file) ?? Number.NaN;
  return new StorageError({
    code: "busy",
    message: `${Number.isNaN(owner) ? "a process" : `process ${owner}`} has the file open, and only one can use it at a time`,
    remedy: `Close it there. Delete ${file} only if no process uses the file.`,
  });
}
