import { accessSync, closeSync, constants, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StorageError } from "@agent-assembly/storage-core";
import { invalidArgument } from "@agent-assembly/storage-core/backend";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Checks that an existing database, the files SQLite keeps beside it and its folder can be used.
 * @returns false when there is no file
 * @throws `permission_denied`; `invalid_argument` when the path is no file; the file system's own errors
 */
export function checkAccess(path: string): boolean {
  const found = statIfPresent(path);
  if (found === undefined) return false;
  if (!found.isFile()) {
    const what = found.isDirectory() ? "a folder" : "not a regular file";
    throw invalidArgument("options.path", `is ${what}: ${path}`, "Pass the path of a file.");
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}-journal`]) {
    requireAccess(file, constants.R_OK | constants.W_OK, "readable and writable");
  }
  // SQLite creates the files it needs beside the database.
  requireAccess(dirname(path), constants.W_OK | constants.X_OK, "writable");
  return true;
}

/** Creates the folder (0700) and an empty file (0600) where they are missing; what exists stays as it is. */
export function createDatabaseFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  closeSync(openSync(path, "a", FILE_MODE));
}

function statIfPresent(path: string): ReturnType<typeof statSync> {
  try {
    // With `throwIfNoEntry: false` newer versions of Node.js take a path below a file for one that is not there.
    return statSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === "EACCES") throw denied(dirname(path), "enterable", cause);
    throw cause;
  }
}

/** A missing file is fine: other processes create and delete those beside the database at any time. */
function requireAccess(path: string, mode: number, needed: string): void {
  try {
    accessSync(path, mode);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
    throw denied(path, needed, cause);
  }
}

function denied(path: string, needed: string, cause: unknown): StorageError {
  return new StorageError({
    code: "permission_denied",
    message: `${path} is not ${needed} for this user`,
    remedy: "Change its permissions or owner, or choose another path.",
    cause,
  });
}
