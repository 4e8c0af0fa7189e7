import type { StorageError } from "@agent-assembly/storage-core";

/** The configuration key of each option that `openStorage` and retention pass on, by what reports the error. */
const OPTION_KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sqlite: {
    "options.path": "storage.sqlite.path",
    "options.tokenKey": "storage.token_key",
    "options.governanceEvents": "storage.governance_events",
  },
  postgres: {
    "options.url": "storage.postgres.database_url",
    "options.replicaUrl": "storage.postgres.replica_url",
    "options.maxReplicaLagMs": "storage.postgres.max_replica_lag_ms",
    "options.schema": "storage.postgres.schema",
    "options.maxConnections": "storage.postgres.max_connections",
    "options.minConnections": "storage.postgres.min_connections",
    "options.connectTimeoutMs": "storage.postgres.connect_timeout_secs",
    "options.statementTimeoutMs": "storage.postgres.statement_timeout_secs",
    "options.lockTimeoutMs": "storage.postgres.lock_timeout_secs",
    "options.prepare": "storage.postgres.prepare",
    "options.ssl": "storage.postgres.ssl",
    "options.timescaledb": "storage.postgres.timescaledb.mode",
    "options.chunkInterval": "storage.postgres.timescaledb.chunk_interval",
    "options.compressAfter": "storage.postgres.timescaledb.compression_policy",
    "options.governanceEvents": "storage.governance_events",
    "options.tokenKey": "storage.token_key",
  },
  redis: {
    "options.url": "storage.redis.url",
    "options.prefix": "storage.redis.prefix",
    "options.cluster": "storage.redis.cluster",
    "options.maxConnections": "storage.redis.max_connections",
    "options.connectTimeoutMs": "storage.redis.connect_timeout_secs",
    "options.commandTimeoutMs": "storage.redis.command_timeout_ms",
    "options.onUnavailable": "storage.redis.on_unavailable",
    "options.localShare": "storage.redis.local_share",
    "options.tokenKey": "storage.token_key",
  },
  gateway: {
    "options.host": "gateway.host",
    "options.port": "gateway.port",
    "options.otlpPort": "gateway.otlp_port",
    "options.tls.certFile": "gateway.cert_file",
    "options.tls.keyFile": "gateway.key_file",
    "options.publicUrl": "gateway.public_url",
    "options.sessionKey": "gateway.session_key",
  },
  archive: {
    "options.s3.endpoint": "storage.retention.s3.endpoint",
    "options.s3.region": "storage.retention.s3.region",
    "options.s3.forcePathStyle": "storage.retention.s3.force_path_style",
  },
};

/**
 * The configuration key that sets the option an error is about, such as `storage.postgres.statement_timeout_secs` for
 * `options.statementTimeoutMs` of the backend `postgres`; `undefined` where no key does. An error that names a key already
 * is about that key.
 */
export function configKeyOf({ backend, option }: Pick<StorageError, "backend" | "option">): string | undefined {
  if (backend === undefined || option === undefined) return undefined;
  const keys = OPTION_KEYS[backend] ?? {};
  return keys[option] ?? Object.values(keys).find((key) => key === option);
}
