import { randomUUID } from "node:crypto";
import { accessSync, closeSync, constants, fstatSync, mkdirSync, openSync, statSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { StorageError } from "@agent-assembly/storage-core";
import { invalidArgument, kindOf } from "@agent-assembly/storage-core/backend";
import { fileBehind, placeProblem, sharingNotes } from "./place.js";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const { O_CREAT, O_EXCL, O_WRONLY } = constants;

/** What a database is opened for. */
export type FileUse = "read" | "write";

/**
 * Checks that an existing database, the files SQLite keeps beside it and its folder can be used.
 * @returns false when there is no file
 * @throws `permission_denied`, also for a place where other users can put files; `invalid_argument` when the path is no
 *   file; the file system's own errors
 */
export function checkAccess(path: string, use: FileUse): boolean {
  const found = statIfPresent(path);
  if (found !== undefined && !found.isFile()) {
    throw invalidArgument("options.path", `is ${kindOf(found)}: ${path}`, "Pass the path of a file.");
  }
  requireSafePlace(path);
  if (found === undefined) return false;
  if (use === "read") {
    for (const file of [path, `${path}-wal`, `${path}-journal`]) requireAccess(file, constants.R_OK, "readable");
    return true;
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}-journal`]) {
    requireAccess(file, constants.R_OK | constants.W_OK, "readable and writable");
  }
  // SQLite creates the files it needs beside the database.
  requireAccess(dirname(path), constants.W_OK | constants.X_OK, "writable");
  return true;
}

/**
 * Creates the folder (0700) and an empty file (0600) where they are missing; what exists stays as it is.
 * @throws `permission_denied` for what another user placed there meanwhile
 */
export function createDatabaseFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  // A link of this user's is followed now and checked. One that is placed from now on is not.
  const file = fileBehind(path);
  try {
    closeSync(openSync(file, O_CREAT | O_EXCL | O_WRONLY, FILE_MODE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  requireSafePlace(path);
}

/** What an operator should know of who else can get at the database; empty where the system has no modes. */
export function notesOnSharing(path: string): string[] {
  const user = process.geteuid?.();
  return user === undefined ? [] : sharingNotes(path, user);
}

/** @throws `permission_denied` where other users can put a file or a link in the database's place */
function requireSafePlace(path: string): void {
  // Windows has neither.
  const user = process.geteuid?.();
  if (user === undefined) return;
  const problem = placeProblem(path, user);
  if (problem === undefined || !keepsOwners(dirname(path), user)) return;
  throw new StorageError({
    code: "permission_denied",
    location: { kind: "SQLite database", place: path },
    message: `it is not safe to open: ${problem.message}`,
    remedy: problem.remedy,
  });
}

/**
 * Whether files in a folder have the owner and mode that they are made with. Folders of another system, as containers on
 * Windows and macOS mount them, show the same for all.
 */
function keepsOwners(folder: string, user: number): boolean {
  const probe = join(folder, `.aasm-${randomUUID()}`);
  let file: number;
  try {
    file = openSync(probe, O_CREAT | O_EXCL | O_WRONLY, FILE_MODE);
  } catch {
    // In a folder that cannot be written to, the usual rules apply.
    return true;
  }
  try {
    const { uid, mode } = fstatSync(file);
    return uid === user && (mode & 0o777) === FILE_MODE;
  } finally {
    closeSync(file);
    unlinkSync(probe);
  }
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
