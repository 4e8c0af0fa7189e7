import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { type BackupOptions, type BackupReport, StorageError } from "@agent-assembly/storage-core";
import { withContext } from "@agent-assembly/storage-core/backend";
import { classifySqliteError, locationOf } from "../driver/errors.js";
import { parseSqliteOptions, resolveDatabasePath, type SqliteStorageOptions } from "../options.js";
import { inspectDatabase } from "../schema/inspect.js";
import { requireStore } from "../schema/require-store.js";
import { copyDatabase } from "./copy.js";

/**
 * Copies a store to a file that needs nothing beside it: one state, whatever other processes write meanwhile. Only short
 * steps hold up the event loop, but for counting the rows.
 * @param target a file that does not exist; relative to the working directory
 * @throws `conflict` when it exists; `not_found`, `permission_denied`, `corrupt`, `full`; the reason of an abort
 */
export async function backupSqlite(
  options: SqliteStorageOptions,
  target: string,
  how: BackupOptions = {},
): Promise<BackupReport> {
  const { path, busyTimeoutMs } = parseSqliteOptions(options);
  const file = resolveDatabasePath(target);
  try {
    if (existsSync(file)) {
      throw new StorageError({
        code: "conflict",
        location: locationOf(file),
        message: "it exists, and a backup overwrites nothing",
        remedy: "Name another file.",
      });
    }
    if (!existsSync(dirname(file))) {
      throw new StorageError({
        code: "not_found",
        location: locationOf(file),
        message: "its folder does not exist",
        remedy: "Create it.",
      });
    }
    requireStore(await inspectDatabase(path, busyTimeoutMs, "read"), path);
    return await copyDatabase(path, file, { ...how, busyTimeoutMs });
  } catch (error) {
    throw inOperation(error, { operation: "backup", path, signal: how.signal });
  }
}

/** What to throw: after an abort its reason. */
export function inOperation(
  error: unknown,
  {
    operation,
    path,
    signal,
  }: { readonly operation: string; readonly path: string; readonly signal?: AbortSignal | undefined },
): unknown {
  if (signal?.aborted === true) return signal.reason;
  return withContext(error, { operation, backend: "sqlite", location: locationOf(path) }, (thrown) =>
    classifySqliteError(thrown, path),
  );
}
