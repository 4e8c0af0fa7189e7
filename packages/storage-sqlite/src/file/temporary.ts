import { rmSync } from "node:fs";

/** Files and folders that are to be gone when the process ends, however it comes to that. */
const temporary = new Set<string>();
const removeAll = (): void => {
  for (const path of temporary) remove(path);
};

/**
 * Removes a file or folder at the end of the process, unless that happens before.
 * @returns removes it now, with the files that SQLite keeps beside a database; idempotent
 */
export function removedAtExit(path: string): () => void {
  if (temporary.size === 0) process.once("exit", removeAll);
  temporary.add(path);
  return () => {
    temporary.delete(path);
    if (temporary.size === 0) process.off("exit", removeAll);
    remove(path);
  };
}

function remove(path: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(path + suffix, { recursive: true, force: true });
}
