import { HISTORY_TABLE } from "@agent-assembly/migrations";
import { StorageError } from "@agent-assembly/storage-core";
import type { Database } from "better-sqlite3";
import { locationOf } from "../driver/errors.js";
import { APPLICATION_ID } from "./identity.js";

export interface DatabaseIdentity {
  /** From the file header; 0 when the creator set none. */
  readonly applicationId: number;
  /** Tables, views, indexes and triggers, SQLite's own left out. */
  readonly objects: number;
  readonly hasHistory: boolean;
}

export function readIdentity(db: Database): DatabaseIdentity {
  const counts = db
    .prepare<[string], { objects: number; history: number }>(
      `SELECT count(*) AS objects, count(*) FILTER (WHERE type = 'table' AND name = ?) AS history
       FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'`,
    )
    .get(HISTORY_TABLE);
  return {
    applicationId: db.pragma("application_id", { simple: true }) as number,
    objects: counts?.objects ?? 0,
    hasHistory: (counts?.history ?? 0) > 0,
  };
}

/**
 * A database is ours by its application id, or by our history table when a dump and reload lost the id. One without
 * either is ours to take only while it is empty.
 */
export function isForeign({ applicationId, objects, hasHistory }: DatabaseIdentity): boolean {
  if (applicationId === APPLICATION_ID) return false;
  return applicationId !== 0 || (objects > 0 && !hasHistory);
}

export function foreignDatabase(path: string): StorageError {
  return new StorageError({
    code: "corrupt",
    location: locationOf(path),
    message: "the file belongs to another application; nothing was written to it",
    remedy: "Choose another path.",
  });
}
