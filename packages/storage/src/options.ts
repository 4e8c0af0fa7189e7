import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { AuditLimits, MigrateMode } from "@agent-assembly/storage-core";
import type { Config } from "./config/schema/schema.js";
import { type StateOptions, stateOptionsFromConfig } from "./state/options.js";

/** Options of opening, for every backend. */
export interface OpenOverrides {
  /** Default: the backend's own, `auto` for SQLite and `check` for PostgreSQL. */
  readonly migrate?: MigrateMode | undefined;
  readonly limits?: AuditLimits | undefined;
}

/** A store that is given directly, without a configuration. */
export type StorageOptions = OpenOverrides & {
  /** Where policy cache, approvals and rate limits are kept; default: in this process and in the store. */
  readonly state?: StateOptions | undefined;
} & (
    | { readonly backend: "sqlite"; readonly path: string }
    | ({ readonly backend: "postgres" } & PostgresConnection)
    | { readonly backend: "memory" }
  );

/**
 * How to reach PostgreSQL; everything but the URL has a default in the backend. Declared here rather than imported,
 * because the package may not be installed; a test keeps both in step.
 */
export interface PostgresConnection {
  readonly url: string;
  /** The schema that holds our tables; default `public`. */
  readonly schema?: string | undefined;
  readonly maxConnections?: number | undefined;
  readonly minConnections?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly statementTimeoutMs?: number | undefined;
  readonly lockTimeoutMs?: number | undefined;
  /** False behind PgBouncer in transaction mode. */
  readonly prepare?: boolean | undefined;
  /** Default: what the URL's `sslmode` says. */
  readonly ssl?: boolean | "require" | "allow" | "prefer" | "verify-full" | TlsOptions | undefined;
  /** Default `require`. */
  readonly timescaledb?: "require" | "prefer" | "off" | undefined;
  readonly chunkInterval?: string | undefined;
  readonly compressAfter?: string | undefined;
  /** How long an append keeps retrying while the database is unavailable. */
  readonly appendTimeoutMs?: number | undefined;
  /** How often a tail polls for new events when it gets no notification. */
  readonly tailPollMs?: number | undefined;
}

/** The options that correspond to a configuration. */
export function optionsFromConfig(config: Config, overrides: OpenOverrides = {}): StorageOptions {
  const { backend, sqlite, postgres } = config.storage;
  const state = stateOptionsFromConfig(config);
  if (backend === "sqlite") return { ...overrides, backend, state, path: sqlite.path };
  if (backend === "memory") return { ...overrides, backend, state };
  return {
    ...overrides,
    backend,
    state,
    // loadConfig rejects a postgres configuration without a URL.
    url: postgres.database_url ?? "",
    schema: postgres.schema,
    maxConnections: postgres.max_connections,
    minConnections: postgres.min_connections,
    connectTimeoutMs: postgres.connect_timeout_secs * 1000,
    statementTimeoutMs: postgres.statement_timeout_secs * 1000,
    lockTimeoutMs: postgres.lock_timeout_secs * 1000,
    prepare: postgres.prepare,
    ssl: postgres.ssl,
    timescaledb: postgres.timescaledb.mode ?? (postgres.timescaledb.enabled ? "require" : "off"),
    chunkInterval: postgres.timescaledb.chunk_interval,
    compressAfter: postgres.timescaledb.compression_policy,
  };
}
