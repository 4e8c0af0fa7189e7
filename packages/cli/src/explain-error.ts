import type { Config, LoadedConfig } from "@agent-assembly/storage";
import { isStorageError, StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";

const DEFAULT_PORT = "5432";

/** About the database as a whole rather than about what was asked of it. */
const OF_THE_DATABASE: ReadonlySet<StorageErrorCode> = new Set([
  "schema_outdated",
  "schema_newer",
  "migration_failed",
  "unsupported",
  "unavailable",
  "timeout",
  "busy",
  "full",
]);

/** Options of the backend, under the names a user of the command sets them by. */
const DATABASE_KEYS: readonly (readonly [option: RegExp, key: string])[] = [
  [/\bconnectTimeoutMs\b/g, "storage.postgres.connect_timeout_secs"],
  [/\bstatementTimeoutMs\b/g, "storage.postgres.statement_timeout_secs"],
  [/\blockTimeoutMs\b/g, "storage.postgres.lock_timeout_secs"],
  [/\bmaxConnections\b/g, "storage.postgres.max_connections"],
  [/\bthe option prepare: false/g, "storage.postgres.prepare: false"],
  [/\bthe ssl option\b/g, "storage.postgres.ssl"],
  [/\bset timescaledb to "prefer"/g, 'set storage.postgres.timescaledb.mode to "prefer"'],
  [/\btimescaledb: "prefer"/g, 'storage.postgres.timescaledb.mode: "prefer"'],
];

/**
 * An error of PostgreSQL that names the place, `host:port/database`, and the configuration's keys; any other error as it
 * is.
 */
export function aboutDatabase(error: unknown, { storage }: Config): unknown {
  const url = storage.postgres.database_url;
  if (storage.backend !== "postgres" || url === undefined || !isStorageError(error)) return error;
  // An archive that does not answer says nothing about the database.
  if (error.backend === "archive") return error;
  const message = inKeys(withPlace(error.code, error.message, new URL(url)));
  if (message === error.message) return error;
  const { code, retryable, operation, cause } = error;
  return new StorageError({ code, message, retryable, operation, backend: "postgres", cause });
}

function withPlace(code: StorageErrorCode, message: string, { hostname, port, pathname }: URL): string {
  const place = `${hostname}:${port === "" ? DEFAULT_PORT : port}${pathname}`;
  if (message.includes(place)) return message;
  const portless = `${hostname}${pathname}`;
  if (port === "" && pathname.length > 1 && message.includes(portless)) return message.replace(portless, place);
  if (/^PostgreSQL\b/.test(message)) return message.replace(/^PostgreSQL\b/, `PostgreSQL ${place}`);
  return OF_THE_DATABASE.has(code) ? `PostgreSQL ${place}: ${message}` : message;
}

function inKeys(message: string): string {
  return DATABASE_KEYS.reduce((text, [option, key]) => text.replace(option, key), message);
}

/** Options of an archive, under the names a user of the command sets them by. */
const ARCHIVE_KEYS: readonly (readonly [option: RegExp, key: string])[] = [
  [/, or give options\.s3\.credentials\b/g, ""],
  [/ or as options\.s3\.credentials\b/g, ""],
  [/\boptions\.s3\.region\b/g, "storage.retention.s3.region"],
  [/\boptions\.s3\.endpoint\b/g, "storage.retention.s3.endpoint"],
  [/\boptions\.s3\.forcePathStyle\b/g, "storage.retention.s3.force_path_style"],
  [/\bcheck the endpoint and the network\b/g, "check storage.retention.s3.endpoint and the network"],
];

/** An error of an archive that names the configuration's keys; any other error as it is. */
export function aboutArchive(error: unknown): unknown {
  if (!isStorageError(error)) return error;
  const message = ARCHIVE_KEYS.reduce((text, [option, key]) => text.replace(option, key), error.message);
  if (message === error.message) return error;
  const { code, retryable, operation, backend, cause } = error;
  return new StorageError({ code, message, retryable, operation, backend, cause });
}

/** Puts an error into the words of the configuration. */
export type Explain = (error: Error) => Error;

export function explainWith({ config }: Pick<LoadedConfig, "config">): Explain {
  return (error) => aboutArchive(aboutDatabase(error, config)) as Error;
}
