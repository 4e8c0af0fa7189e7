import { StorageError } from "@agent-assembly/storage-core";
import type { Sql } from "../driver/pool.js";

/**
 * Why TimescaleDB cannot be installed in a database that does not have it; `undefined` when it can be.
 * @throws errors of the driver
 */
export async function obstacleToExtension(sql: Sql): Promise<string | undefined> {
  const [offer] = await sql<{ available: boolean; loaded: boolean; allowed: boolean }[]>`
    SELECT count(*) > 0 AS available,
      -- Defined by the library that must be loaded when the server starts, and visible to all users, unlike the list of those
      -- libraries; a setting of that name in the configuration of a server that lacks the library is not shown.
      EXISTS (SELECT FROM pg_settings s WHERE s.name = 'timescaledb.max_background_workers') AS loaded,
      coalesce(bool_or(u.rolsuper OR NOT v.superuser
        OR (v.trusted AND has_database_privilege(current_database(), 'CREATE'))), false) AS allowed
    FROM pg_available_extensions e
    JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version
    JOIN pg_roles u ON u.rolname = current_user
    WHERE e.name = 'timescaledb'`;
  if (offer?.available !== true) return "the server does not have it";
  if (!offer.loaded) return "the server does not load it: shared_preload_libraries lacks timescaledb";
  if (offer.allowed) return undefined;
  return "this role may not install it: a superuser must run CREATE EXTENSION timescaledb in this database";
}

/** The error of `timescaledb: "require"` without the extension. */
export function extensionMissing(reason: string): StorageError {
  return new StorageError({
    code: "unsupported",
    message: `TimescaleDB is required, but ${reason}`,
    option: "options.timescaledb",
    remedy:
      "Install it on the server, add timescaledb to shared_preload_libraries and restart; or set {option} to " +
      '"prefer" to run without its features.',
  });
}
