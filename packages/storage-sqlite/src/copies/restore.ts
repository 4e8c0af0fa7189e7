import { mkdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type BackupReport, type RestoreOptions, StorageError } from "@agent-assembly/storage-core";
import { locationOf } from "../driver/errors.js";
import { checkAccess } from "../file/access.js";
import { hasSidecar } from "../file/header.js";
import { parseSqliteOptions, resolveDatabasePath, type SqliteStorageOptions } from "../options.js";
import { inspectDatabase } from "../schema/inspect.js";
import { requireStore } from "../schema/require-store.js";
import { inOperation } from "./backup.js";
import { copyDatabase } from "./copy.js";

const FOLDER_MODE = 0o700;

/**
 * Makes the store at `options.path` of a backup, or of any other sound copy of a store. The copy stays as it is.
 * @param file the backup; relative to the working directory
 * @throws `conflict` when there is a store, or a part of one; `corrupt` for what is no sound copy of a store;
 *   `schema_newer`, `not_found`, `permission_denied`, `full`; the reason of an abort
 */
export async function restoreSqlite(
  options: SqliteStorageOptions,
  file: string,
  { withoutWal = false, ...how }: RestoreOptions = {},
): Promise<BackupReport> {
  const { path, busyTimeoutMs } = parseSqliteOptions(options);
  const from = resolveDatabasePath(file);
  try {
    requireStore(await inspectDatabase(from, busyTimeoutMs, "read", { withoutWal }), from);
    requireFree(path);
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
    return await copyDatabase(from, path, { ...how, busyTimeoutMs });
  } catch (error) {
    throw inOperation(error, { operation: "restore", path: from, signal: how.signal });
  }
}

/** @throws `conflict` */
function requireFree(path: string): void {
  const isThere = checkAccess(path, "write");
  const beside = (["-wal", "-shm", "-journal"] as const).filter((suffix) => hasSidecar(path, suffix));
  if (!isThere && beside.length === 0) return;
  const names = beside.map((suffix) => `${basename(path)}${suffix}`).join(" and ");
  const why = !isThere
    ? `${names}, of another store, is there and would damage it`
    : beside.length === 0
      ? "there is a store already"
      : `there is a store already, which a process has open, or had when it was killed (${names})`;
  throw new StorageError({
    code: "conflict",
    location: locationOf(path),
    message: `${why}; nothing was changed`,
    remedy: "Name another file, or end the processes that use it and move it away with all files beside it.",
  });
}
