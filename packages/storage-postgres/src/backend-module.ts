import { type BackendModule, checkObject, optionsFromSection } from "@agent-assembly/storage-core/backend";
import { openPostgresStorage } from "./backend.js";
import {
  migratePostgres,
  postgresMigrationStatus,
  rebuildPostgresCounts,
  verifyPostgresCounts,
  verifyPostgresSchema,
} from "./migrate.js";
import { type PostgresStorageOptions, parsePostgresOptions } from "./options.js";

/** Keys of the section `storage.postgres`, with the option that each one sets. */
const OPTIONS: Readonly<Record<string, keyof PostgresStorageOptions>> = {
  database_url: "url",
  replica_url: "replicaUrl",
  max_replica_lag_ms: "maxReplicaLagMs",
  schema: "schema",
  max_connections: "maxConnections",
  min_connections: "minConnections",
  connect_timeout_secs: "connectTimeoutMs",
  statement_timeout_secs: "statementTimeoutMs",
  lock_timeout_secs: "lockTimeoutMs",
  prepare: "prepare",
  ssl: "ssl",
};
const TIMESCALE_OPTIONS: typeof OPTIONS = { chunk_interval: "chunkInterval", compression_policy: "compressAfter" };

/**
 * PostgreSQL for `openStorage`, the configuration and `aasm`. `schema` migrates and checks a schema without opening the
 * store.
 */
export const backendModule = {
  version: 1,
  name: "postgres",
  parseSettings,
  open: openPostgresStorage,
  schema: {
    migrate: migratePostgres,
    status: postgresMigrationStatus,
    verify: verifyPostgresSchema,
    verifyCounts: verifyPostgresCounts,
    rebuildCounts: rebuildPostgresCounts,
  },
} satisfies BackendModule<PostgresStorageOptions>;

/** @throws `invalid_argument` */
function parseSettings(section: Readonly<Record<string, unknown>>): PostgresStorageOptions {
  const { timescaledb = {} } = section;
  checkObject("timescaledb", timescaledb);
  const { enabled = true, mode = enabled ? "require" : "off", ...hypertables } = timescaledb;
  const options = {
    ...optionsFromSection(section, OPTIONS, ["timescaledb"]),
    ...optionsFromSection(hypertables, TIMESCALE_OPTIONS),
    timescaledb: mode,
  } as unknown as PostgresStorageOptions;
  parsePostgresOptions(options);
  return options;
}
