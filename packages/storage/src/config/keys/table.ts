import { MODES } from "../names.js";
import { POSTGRES_PROTOCOLS } from "../url.js";
import { GATEWAY_KEYS } from "./gateway.js";
import type { ConfigSection } from "./key.js";

const DAY_SECS = 86_400;

/**
 * Every key of the configuration. The schema, the variables of the environment, the defaults, what is masked and the
 * reference (docs/configuration.md) are made from this table.
 */
export const CONFIG_KEYS = {
  mode: {
    does: "`local` is one machine, `remote` a server that processes share; it decides the backend where none is named",
    type: "choice",
    values: MODES,
    variable: "AA_MODE",
    note: "`remote` for the backend `postgres`, else `local`",
  },
  storage: {
    backend: {
      does: "Where data is stored",
      type: "backend",
      variable: "AAASM_STORAGE_BACKEND",
      note: "`postgres` in the mode `remote`, and where a `database_url` but no mode is given; else `sqlite`",
      nearMisses: ["BACKEND"],
    },
    options: {
      does: "Options of a backend of another package, which checks them itself",
      type: "options",
      variable: "AAASM_STORAGE_OPTIONS",
      nearMisses: ["BACKEND_OPTIONS"],
    },
    token_key: {
      does: "[Signs cursors and positions](../packages/storage/README.md#signed-cursors-and-positions), so that only this store's are accepted",
      type: "token key",
      secret: true,
      note: "none: they are not signed",
      nearMisses: ["STORAGE_TOKEN_KEY", "TOKENKEY"],
    },
    governance_events: {
      does: "Whether changes of policies, agents, approvals, holds, retention, archives and this configuration become [audit events](governance.md)",
      type: "boolean",
      default: true,
      nearMisses: ["GOVERNANCE"],
    },
    sqlite: {
      path: {
        does: "The database file; it and its folder are created when missing",
        type: "path",
        default: "~/.aasm/local.db",
        nearMisses: ["PATH", "SQLITE", "SQLITE_FILE", "DB_PATH"],
      },
    },
    postgres: {
      database_url: {
        does: "The database, as [libpq](production.md#connection-urls) reads it: several hosts, sockets, services",
        type: "url",
        protocols: POSTGRES_PROTOCOLS,
        secret: true,
        variable: "AAASM_DATABASE_URL",
        note: "none; required for PostgreSQL",
        nearMisses: ["POSTGRES_URL", "POSTGRESQL_URL", "PG_URL", "DB_URL", "DATABASE", "POSTGRES"],
      },
      replica_url: {
        does: "A streaming replica that [reads go to](production.md#read-replicas), as a URL of the same form",
        type: "url",
        protocols: POSTGRES_PROTOCOLS,
        secret: true,
        note: "none: all reads go to the primary",
        nearMisses: ["REPLICA_URL", "REPLICA", "DATABASE_REPLICA_URL", "READ_REPLICA_URL", "DATABASE_URL_REPLICA"],
      },
      max_replica_lag_ms: {
        does: "How far the replica may be behind to be read from",
        type: "integer",
        min: 1,
        max: 3_600_000,
        note: "`1000`; only with a `replica_url`",
        nearMisses: ["REPLICA_LAG", "MAX_REPLICA_LAG", "REPLICA_MAX_LAG_MS"],
      },
      schema: {
        does: "The schema that holds the tables; `aasm migrate` creates it",
        type: "schema name",
        default: "public",
      },
      max_connections: {
        does: "Most connections of one process's pool",
        type: "integer",
        min: 1,
        max: 1000,
        default: 20,
        nearMisses: ["POSTGRES_POOL_SIZE"],
      },
      min_connections: {
        does: "Connections that are opened at once",
        type: "integer",
        min: 0,
        max: 1000,
        default: 2,
        note: "at most `max_connections`",
      },
      connect_timeout_secs: {
        does: "How long to wait for a connection",
        type: "integer",
        min: 1,
        max: 3600,
        default: 10,
      },
      statement_timeout_secs: {
        does: "Longest run of one statement",
        type: "integer",
        min: 1,
        max: DAY_SECS,
        default: 30,
      },
      lock_timeout_secs: {
        does: "Longest wait for a lock that another transaction holds",
        type: "integer",
        min: 1,
        max: DAY_SECS,
        default: 10,
      },
      prepare: {
        does: "Whether statements are prepared; set it to `false` behind PgBouncer in transaction mode",
        type: "boolean",
        default: true,
      },
      ssl: {
        does: "Whether the connection is encrypted and the certificate checked, in place of the URL's `sslmode`",
        type: "choice",
        values: [true, false, "require", "allow", "prefer", "verify-full"],
        note: "what the URL's `sslmode` says",
      },
      timescaledb: {
        enabled: { does: "`false` is the mode `off`, `true` is `require`", type: "boolean", default: true },
        mode: {
          does: "`require` fails without the extension, `prefer` uses what the server has, `off` never uses it",
          type: "choice",
          values: ["require", "prefer", "off"],
          note: "`require`",
          nearMisses: ["TIMESCALE", "TIMESCALEDB", "TIMESCALE_MODE", "POSTGRES_TIMESCALE", "POSTGRES_TIMESCALEDB"],
        },
        chunk_interval: { does: "The time that one chunk of the audit log spans", type: "interval", default: "7 days" },
        compression_policy: { does: "The age at which chunks are compressed", type: "interval", default: "30 days" },
      },
    },
    redis: {
      enabled: {
        does: "Whether policy cache, approvals and rate limits are in Redis, for all processes together",
        type: "boolean",
        default: false,
        nearMisses: ["REDIS", "USE_REDIS", "ENABLE_REDIS"],
      },
      url: {
        does: "The server, with an optional database number; `rediss://` for TLS",
        type: "redis url",
        secret: true,
        note: "none; required when enabled",
      },
      prefix: { does: "What all keys and channels begin with; one for each tenant", type: "prefix", default: "aasm" },
      cluster: { does: "Whether the URL names a node of a Redis Cluster", type: "boolean", default: false },
      policy_cache_ttl_secs: {
        does: "The oldest policy that the cache may return, with and without Redis",
        type: "integer",
        min: 1,
        max: DAY_SECS,
        default: 30,
        nearMisses: ["POLICY_CACHE_TTL"],
      },
      // One of them is for messages.
      max_connections: {
        does: "Most connections of one process, one for messages included",
        type: "integer",
        min: 2,
        max: 1000,
        default: 10,
        nearMisses: ["REDIS_POOL_SIZE"],
      },
      connect_timeout_secs: {
        does: "How long to wait for a connection and its handshake",
        type: "integer",
        min: 1,
        max: 3600,
        default: 5,
      },
      command_timeout_ms: {
        does: "How long to wait for the answer to a command",
        type: "integer",
        min: 1,
        max: 60_000,
        default: 500,
      },
      on_unavailable: {
        does: "What rate limits do while Redis is unavailable: allow all, deny all, or count in each process",
        type: "choice",
        values: ["fail-open", "fail-closed", "local"],
        default: "local",
      },
      local_share: {
        does: "The part of each limit that one process may use while it counts alone",
        type: "fraction",
        default: 1,
      },
    },
    state: {
      backend: {
        does: "A package that keeps policy cache, approvals or rate limits, in place of Redis",
        type: "package",
        required: true,
      },
      options: { does: "Options of that package, which checks them itself", type: "options" },
    },
    approvals: {
      expires_in_secs: {
        does: "When an undecided request expires",
        type: "integer",
        min: 1,
        max: 30 * DAY_SECS,
        default: 900,
      },
      on_expiry: {
        does: "What an expired request becomes",
        type: "choice",
        values: ["approve", "deny"],
        default: "deny",
      },
      lease_secs: {
        does: "How long a claim keeps other approvers away",
        type: "integer",
        min: 1,
        max: DAY_SECS,
        default: 60,
      },
      retain_days: { does: "How long decided requests are kept", type: "integer", min: 1, max: 3650, default: 7 },
    },
    retention: {
      hot_days: {
        does: "The age up to which audit events stay as they are; older ones are compressed where the database can",
        type: "integer",
        min: 1,
        max: 36_500,
        default: 30,
      },
      warm_days: {
        does: "The age at which audit events leave the database",
        type: "integer",
        min: 1,
        max: 36_500,
        default: 90,
        note: "more than `hot_days`",
      },
      cold_action: {
        does: "What becomes of events that leave: deleted, or archived and then deleted",
        type: "choice",
        values: ["drop", "archive"],
        default: "drop",
      },
      metrics: {
        hot_days: {
          does: "The same as `hot_days`, for metric samples",
          type: "integer",
          min: 1,
          max: 36_500,
          default: 30,
        },
        warm_days: {
          does: "The age at which metric samples are deleted; on PostgreSQL their totals by hour, day and month stay",
          type: "integer",
          min: 1,
          max: 36_500,
          default: 90,
        },
      },
      keep_counts: {
        does: "Whether counts of the events that leave stay in the database, by day, for `audit summarize --include-dropped`",
        type: "boolean",
        default: true,
      },
      rules: {
        does: "Other ages and actions for some audit events: [rules](#retention-rules)",
        type: "rules",
        default: [],
      },
      archive_url: {
        does: "Where archives are written",
        type: "url",
        protocols: ["file:", "s3:"],
        secret: true,
        note: "none; required for `archive`",
        nearMisses: ["ARCHIVE_URL"],
      },
      // No credentials: those come from where the AWS SDK looks.
      s3: {
        endpoint: {
          does: "The address of an S3 service other than AWS",
          type: "url",
          protocols: ["http:", "https:"],
          secret: true,
          note: "what the AWS SDK finds",
        },
        region: { does: "The region of the bucket", type: "name", note: "what the AWS SDK finds" },
        force_path_style: {
          does: "Whether the bucket is in the path rather than in the host name",
          type: "boolean",
          note: "what the AWS SDK finds",
        },
      },
      schedule: {
        does: "When `aasm retention schedule` runs, as minute, hour, day, month and weekday in UTC",
        type: "schedule",
        default: "0 3 * * *",
      },
      jitter_secs: {
        does: "A scheduled run begins up to this much later, so that many processes do not begin at once",
        type: "integer",
        min: 0,
        max: DAY_SECS,
        default: 30,
      },
      dry_run: { does: "Whether runs only report what they would do", type: "boolean", default: false },
    },
  },
  gateway: GATEWAY_KEYS,
} as const satisfies ConfigSection;
