import { chmodSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "@agent-assembly/storage-core";
import { removedAtExit } from "../file/temporary.js";

/** A copy that only this process uses. */
export interface PrivateCopy {
  readonly path: string;
  /** Removes it; idempotent. */
  remove(): void;
}

const SUFFIXES = ["", "-wal", "-journal"] as const;
const ATTEMPTS = 5;
const PAUSE_MS = 20;

/**
 * Copies a database with its -wal or journal into a folder of this user. SQLite reads such a file only by writing beside
 * it, so one that must not change is read as a copy.
 * @throws `busy` while it keeps changing; the file system's own errors
 */
export async function copyToRead(path: string): Promise<PrivateCopy> {
  const folder = mkdtempSync(join(tmpdir(), "aasm-read-"));
  const remove = removedAtExit(folder);
  try {
    const target = join(folder, basename(path));
    for (let attempt = 1; ; attempt++) {
      const before = stateOf(path);
      for (const suffix of SUFFIXES) {
        rmSync(target + suffix, { force: true });
        if (!existsSync(path + suffix)) continue;
        copyFileSync(path + suffix, target + suffix, constants.COPYFILE_FICLONE);
        // A copy of a file that may not be written to has its mode.
        chmodSync(target + suffix, 0o600);
      }
      if (stateOf(path) === before) return { path: target, remove };
      if (attempt === ATTEMPTS) throw changing(path);
      await sleep(PAUSE_MS);
    }
  } catch (error) {
    remove();
    throw error;
  }
}

function stateOf(path: string): string {
  return SUFFIXES.map((suffix) => {
    const found = statSync(path + suffix, { throwIfNoEntry: false, bigint: true });
    return found === undefined ? "-" : `${found.ino} ${found.size} ${found.mtimeNs}`;
  }).join(", ");
}

function changing(path: string): StorageError {
  return new StorageError({
    code: "busy",
    location: { kind: "SQLite database", place: path },
    message: "it changes while it is read, and the process that writes it cannot be seen",
    remedy: "Read it on the machine that writes it, or read a copy made with aasm backup.",
  });
}
