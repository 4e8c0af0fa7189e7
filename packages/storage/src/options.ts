import type { AuditLimits, MigrateMode } from "@agent-assembly/storage-core";
import type { Config } from "./config/schema.js";

/** What to do on opening, whatever the backend. */
export interface OpenOverrides {
  /** Default: the backend's own, `auto` for SQLite and `check` for PostgreSQL. */
  readonly migrate?: MigrateMode | undefined;
  readonly limits?: AuditLimits | undefined;
}

/** A store named directly, without a configuration. */
export type StorageOptions = OpenOverrides &
  (
    | { readonly backend: "sqlite"; readonly path: string }
    | ({ readonly backend: "postgres" } & PostgresConnection)
    | { readonly backend: "memory" }
  );

/** How to reach PostgreSQL; everything but the URL has a default in the backend. */
export interface PostgresConnection {
  readonly url: string;
  readonly maxConnections?: number | undefined;
  readonly minConnections?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly timescaledb?: "require" | "prefer" | "off" | undefined;
  readonly chunkInterval?: string | undefined;
  readonly compressAfter?: string | undefined;
}

/** The options a configuration stands for. */
export function optionsFromConfig(config: Config, overrides: OpenOverrides = {}): StorageOptions {
  const { backend, sqlite, postgres } = config.storage;
  if (backend === "sqlite") return { ...overrides, backend, path: sqlite.path };
  if (backend === "memory") return { ...overrides, backend };
  return {
    ...overrides,
    backend,
    // loadConfig refuses a postgres configuration without a URL.
    url: postgres.database_url ?? "",
    maxConnections: postgres.max_connections,
    minConnections: postgres.min_connections,
    connectTimeoutMs: postgres.connect_timeout_secs * 1000,
    timescaledb: postgres.timescaledb.enabled ? "require" : "off",
    chunkInterval: postgres.timescaledb.chunk_interval,
    compressAfter: postgres.timescaledb.compression_policy,
  };
}
