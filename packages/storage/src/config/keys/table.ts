import { MODES } from "../names.js";
import { POSTGRES_PROTOCOLS } from "../url.js";
import type { ConfigSection } from "./key.js";

const DAY_SECS = 86_400;

/**
 * Every key of the configuration. The schema, the variables of the environment, the defaults, what is masked and the
 * reference in the README are made from this table.
 */
export const CONFIG_KEYS = {
  mode: {
    type: "choice",
    values: MODES,
    variable: "AA_MODE",
    note: "`local`; `remote` means PostgreSQL",
  },
  storage: {
    backend: {
      type: "backend",
      variable: "AAASM_STORAGE_BACKEND",
      note: "what the mode infers",
      nearMisses: ["BACKEND"],
    },
    options: {
      type: "options",
      variable: "AAASM_STORAGE_OPTIONS",
      note: "none; of a backend of another package",
      nearMisses: ["BACKEND_OPTIONS"],
    },
    sqlite: {
      path: { type: "path", default: "~/.aasm/local.db", nearMisses: ["PATH", "SQLITE", "SQLITE_FILE", "DB_PATH"] },
    },
    postgres: {
      database_url: {
        type: "url",
        protocols: POSTGRES_PROTOCOLS,
        secret: true,
        variable: "AAASM_DATABASE_URL",
        note: "none; required for PostgreSQL",
        nearMisses: ["POSTGRES_URL", "POSTGRESQL_URL", "PG_URL", "DB_URL", "DATABASE", "POSTGRES"],
      },
      schema: { type: "schema name", default: "public" },
      max_connections: { type: "integer", min: 1, max: 1000, default: 20, nearMisses: ["POSTGRES_POOL_SIZE"] },
      min_connections: { type: "integer", min: 0, max: 1000, default: 2, note: "at most `max_connections`" },
      connect_timeout_secs: { type: "integer", min: 1, max: 3600, default: 10 },
      statement_timeout_secs: { type: "integer", min: 1, max: DAY_SECS, default: 30 },
      lock_timeout_secs: { type: "integer", min: 1, max: DAY_SECS, default: 10 },
      prepare: { type: "boolean", default: true, note: "false behind PgBouncer in transaction mode" },
      ssl: {
        type: "choice",
        values: [true, false, "require", "allow", "prefer", "verify-full"],
        note: "what the URL's `sslmode` says",
      },
      timescaledb: {
        enabled: { type: "boolean", default: true, note: "true is the mode `require`, false is `off`" },
        mode: {
          type: "choice",
          values: ["require", "prefer", "off"],
          note: "`require`",
          nearMisses: ["TIMESCALE", "TIMESCALEDB", "TIMESCALE_MODE", "POSTGRES_TIMESCALE", "POSTGRES_TIMESCALEDB"],
        },
        chunk_interval: { type: "interval", default: "7 days" },
        compression_policy: { type: "interval", default: "30 days" },
      },
    },
    redis: {
      enabled: { type: "boolean", default: false, nearMisses: ["REDIS", "USE_REDIS", "ENABLE_REDIS"] },
      url: { type: "redis url", secret: true, note: "none; required when enabled" },
      prefix: { type: "prefix", default: "aasm" },
      cluster: { type: "boolean", default: false },
      policy_cache_ttl_secs: {
        type: "integer",
        min: 1,
        max: DAY_SECS,
        default: 30,
        note: "counts without Redis, too",
        nearMisses: ["POLICY_CACHE_TTL"],
      },
      // One of them is for messages.
      max_connections: { type: "integer", min: 2, max: 1000, default: 10, nearMisses: ["REDIS_POOL_SIZE"] },
      connect_timeout_secs: { type: "integer", min: 1, max: 3600, default: 5 },
      command_timeout_ms: { type: "integer", min: 1, max: 60_000, default: 500 },
      on_unavailable: { type: "choice", values: ["fail-open", "fail-closed", "local"], default: "local" },
      local_share: { type: "fraction", default: 1 },
    },
    state: {
      backend: { type: "package", required: true, note: "none; a package that keeps hot-path state" },
      options: { type: "options", note: "none; of that package" },
    },
    approvals: {
      expires_in_secs: { type: "integer", min: 1, max: 30 * DAY_SECS, default: 900 },
      on_expiry: { type: "choice", values: ["approve", "deny"], default: "deny" },
      lease_secs: { type: "integer", min: 1, max: DAY_SECS, default: 60 },
      retain_days: { type: "integer", min: 1, max: 3650, default: 7 },
    },
    retention: {
      hot_days: { type: "integer", min: 1, max: 36_500, default: 30 },
      warm_days: { type: "integer", min: 1, max: 36_500, default: 90, note: "more than `hot_days`" },
      cold_action: { type: "choice", values: ["drop", "archive"], default: "drop" },
      metrics: {
        hot_days: { type: "integer", min: 1, max: 36_500, default: 30 },
        warm_days: {
          type: "integer",
          min: 1,
          max: 36_500,
          default: 90,
          note: "samples are dropped, their totals stay",
        },
      },
      rules: { type: "rules", default: [], note: "none; see below" },
      archive_url: {
        type: "url",
        protocols: ["file:", "s3:"],
        secret: true,
        note: "none; required for `archive`",
        nearMisses: ["ARCHIVE_URL"],
      },
      // No credentials: those come from where the AWS SDK looks.
      s3: {
        endpoint: { type: "url", protocols: ["http:", "https:"], secret: true, note: "what the AWS SDK finds" },
        region: { type: "name", note: "what the AWS SDK finds" },
        force_path_style: { type: "boolean", note: "what the AWS SDK finds" },
      },
      schedule: { type: "schedule", default: "0 3 * * *" },
      jitter_secs: {
        type: "integer",
        min: 0,
        max: DAY_SECS,
        default: 30,
        note: "a scheduled run begins up to so much later",
      },
      dry_run: { type: "boolean", default: false },
    },
  },
} as const satisfies ConfigSection;
