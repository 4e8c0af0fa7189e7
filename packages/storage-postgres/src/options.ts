import type { ConnectionOptions as TlsOptions } from "node:tls";
import {
  type AuditLimits,
  type Clock,
  isStorageError,
  type MigrateMode,
  type OpenOptions,
  StorageError,
} from "@agent-assembly/storage-core";
import {
  checkKeys,
  checkObject,
  describeShape,
  errorInit,
  invalidArgument,
  parseAuditLimits,
  parseBoolean,
  parseChoice,
  parseGovernanceEvents,
  parseInteger,
  parseTokenKey,
  type ResolvedAuditLimits,
  systemClock,
  type TokenKeys,
} from "@agent-assembly/storage-core/backend";
import { type ConnectionTarget, resolveTarget } from "./connection/target.js";
import type { SslOption } from "./connection/tls.js";
import { parseSchemaName } from "./sql/identifiers.js";
import { checkInterval } from "./sql/interval.js";

/**
 * `require`: fail without the extension; `prefer`: use it if installed, and report when it is not; `off`: do not use
 * it.
 */
export type TimescaleMode = "require" | "prefer" | "off";

/** How to connect to PostgreSQL, and how its tables are set up. */
export interface PostgresConnectionOptions {
  /**
   * `postgres://user:password@host:port/database?parameter=value`, as libpq reads it: several hosts with commas between,
   * `target_session_attrs`, Unix sockets, IPv6 addresses in brackets, `sslmode` and its certificates, services and password
   * files. What it leaves out is taken from libpq's variables, such as `PGPASSWORD`. A parameter that is not supported is
   * refused by name.
   */
  readonly url: string;
  /** The schema that holds our tables, created when missing; default `public`. */
  readonly schema?: string | undefined;
  /** How long to wait for a connection, milliseconds; default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest run of one statement, milliseconds; default 30,000. */
  readonly statementTimeoutMs?: number | undefined;
  /** Longest wait for another transaction's lock, milliseconds; default 10,000. */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * Whether statements are prepared; default true. Behind PgBouncer in transaction mode it must be false. The client
   * alone then enforces the statement and lock timeouts, and tails poll for events instead of being notified.
   */
  readonly prepare?: boolean | undefined;
  /** TLS options of postgres.js; default: the URL's `sslmode`. */
  readonly ssl?: boolean | "require" | "allow" | "prefer" | "verify-full" | TlsOptions | undefined;
  /** Default `require`. */
  readonly timescaledb?: TimescaleMode | undefined;
  /** Time one chunk of `audit_events` spans, e.g. `7 days` (default). */
  readonly chunkInterval?: string | undefined;
  /** Age at which chunks are compressed, e.g. `30 days` (default). */
  readonly compressAfter?: string | undefined;
}

/** Options of {@link openPostgresStorage}. */
export interface PostgresStorageOptions
  extends PostgresConnectionOptions,
    Pick<OpenOptions, "tokenKey" | "governanceEvents"> {
  /**
   * A streaming replica of the server of `url`, or several, as a URL of the same form. `query`, `stream`, `count`, `summarize`,
   * queries of metrics and reads for archives go there, unless it is too far behind, or has not replayed this store's own
   * writes. @default none
   */
  readonly replicaUrl?: string | undefined;
  /** How far the replica may be behind to be read from, milliseconds; default 1,000. Only with `replicaUrl`. */
  readonly maxReplicaLagMs?: number | undefined;
  /** Default 20. */
  readonly maxConnections?: number | undefined;
  /** Connections opened in advance; default 2. */
  readonly minConnections?: number | undefined;
  /** Default `check`: an out-of-date schema is an error. */
  readonly migrate?: MigrateMode | undefined;
  readonly limits?: AuditLimits | undefined;
  /**
   * How long an append keeps retrying while the database is unavailable or its queue is full, milliseconds; default
   * 30,000.
   */
  readonly appendTimeoutMs?: number | undefined;
  /** How often a tail polls for new events when it gets no notification, milliseconds; default 1,000. */
  readonly tailPollMs?: number | undefined;
  /**
   * Where "now" comes from, for tests; default the system clock, and the server's for `recordedAt`, legal holds, leases and
   * approvals. With another one this process sets these times, which the roles of `sql/roles.sql` may not.
   */
  readonly clock?: Clock | undefined;
}

/** Validated options, with defaults filled in. */
export interface ResolvedConnectionOptions {
  /** What the URL says. */
  readonly target: ConnectionTarget;
  readonly schema: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly prepare: boolean;
  readonly timescaledb: TimescaleMode;
  readonly chunkInterval: string;
  readonly compressAfter: string;
}

/** Where reads may go. */
export interface ResolvedReplica {
  readonly target: ConnectionTarget;
  readonly maxLagMs: number;
}

export interface ResolvedPostgresOptions extends ResolvedConnectionOptions {
  readonly replica: ResolvedReplica | undefined;
  readonly maxConnections: number;
  readonly minConnections: number;
  readonly migrate: MigrateMode;
  readonly limits: ResolvedAuditLimits;
  readonly appendTimeoutMs: number;
  readonly tailPollMs: number;
  readonly clock: Clock;
  readonly tokenKeys: TokenKeys | undefined;
  readonly governanceEvents: boolean;
}

const CONNECTION_NAMES = [
  "url",
  "schema",
  "connectTimeoutMs",
  "statementTimeoutMs",
  "lockTimeoutMs",
  "prepare",
  "ssl",
  "timescaledb",
  "chunkInterval",
  "compressAfter",
] as const;
const POOL_NAMES = [
  "replicaUrl",
  "maxReplicaLagMs",
  "maxConnections",
  "minConnections",
  "migrate",
  "limits",
  "appendTimeoutMs",
  "tailPollMs",
  "clock",
  "tokenKey",
  "governanceEvents",
] as const;
const MIGRATE_MODES = ["auto", "check", "off"] as const;
const TIMESCALE_MODES = ["require", "prefer", "off"] as const;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const MAX_REPLICA_LAG_MS = 1000;

/** @throws `invalid_argument` for an unknown option or a bad value */
export function parsePostgresOptions(options: PostgresStorageOptions): ResolvedPostgresOptions {
  checkObject("options", options);
  checkKeys("options", options, [...CONNECTION_NAMES, ...POOL_NAMES]);
  const maxConnections = parseInteger("options.maxConnections", options.maxConnections ?? 20, 1, 1000);
  const clock: unknown = options.clock ?? systemClock;
  if (typeof clock !== "function") {
    throw invalidArgument("options.clock", `must be a function, got ${describeShape(clock)}`);
  }
  return {
    ...resolveConnection(options),
    replica: resolveReplica(options),
    maxConnections,
    minConnections: parseInteger(
      "options.minConnections",
      options.minConnections ?? Math.min(2, maxConnections),
      0,
      maxConnections,
    ),
    migrate: parseChoice("options.migrate", options.migrate ?? "check", MIGRATE_MODES),
    limits: parseAuditLimits(options.limits),
    appendTimeoutMs: parseInteger("options.appendTimeoutMs", options.appendTimeoutMs ?? 30_000, 0, HOUR_MS),
    tailPollMs: parseInteger("options.tailPollMs", options.tailPollMs ?? 1000, 1, MINUTE_MS),
    clock: clock as Clock,
    tokenKeys: parseTokenKey(options.tokenKey),
    governanceEvents: parseGovernanceEvents(options.governanceEvents),
  };
}

/**
 * Options of the functions that manage the schema. Pool options are accepted too, so that one object serves both.
 * @throws `invalid_argument`
 */
export function parseConnectionOptions(options: PostgresConnectionOptions): ResolvedConnectionOptions {
  checkObject("options", options);
  checkKeys("options", options, [...CONNECTION_NAMES, ...POOL_NAMES]);
  return resolveConnection(options);
}

function resolveConnection(options: PostgresConnectionOptions): ResolvedConnectionOptions {
  const target = resolveTarget(options.url, checkSsl(options.ssl));
  return {
    target,
    schema: parseSchemaName(options.schema ?? "public"),
    connectTimeoutMs: parseInteger(
      "options.connectTimeoutMs",
      options.connectTimeoutMs ?? target.connectTimeoutMs ?? 10_000,
      1,
      HOUR_MS,
    ),
    statementTimeoutMs: parseInteger("options.statementTimeoutMs", options.statementTimeoutMs ?? 30_000, 1, DAY_MS),
    lockTimeoutMs: parseInteger("options.lockTimeoutMs", options.lockTimeoutMs ?? 10_000, 1, DAY_MS),
    prepare: parseBoolean("options.prepare", options.prepare ?? true),
    timescaledb: parseChoice("options.timescaledb", options.timescaledb ?? "require", TIMESCALE_MODES),
    chunkInterval: checkInterval("options.chunkInterval", options.chunkInterval ?? "7 days"),
    compressAfter: checkInterval("options.compressAfter", options.compressAfter ?? "30 days"),
  };
}

/** @throws `invalid_argument` */
function resolveReplica({ replicaUrl, maxReplicaLagMs, ssl }: PostgresStorageOptions): ResolvedReplica | undefined {
  if (replicaUrl === undefined) {
    if (maxReplicaLagMs === undefined) return undefined;
    throw invalidArgument(
      "options.maxReplicaLagMs",
      "is set, and there is no replica to read from",
      "Name a replica as well, or leave {option} out.",
    );
  }
  const maxLagMs = parseInteger("options.maxReplicaLagMs", maxReplicaLagMs ?? MAX_REPLICA_LAG_MS, 1, HOUR_MS);
  // It says what the primary must be.
  const { PGTARGETSESSIONATTRS: _ofPrimary, ...env } = process.env;
  try {
    return { target: resolveTarget(replicaUrl, checkSsl(ssl), env), maxLagMs };
  } catch (error) {
    if (!isStorageError(error) || error.option !== "options.url") throw error;
    throw new StorageError({ ...errorInit(error), option: "options.replicaUrl" });
  }
}

function checkSsl(ssl: unknown): SslOption {
  if (ssl === undefined || typeof ssl === "boolean") return ssl;
  if (typeof ssl === "string") {
    return parseChoice("options.ssl", ssl, ["require", "allow", "prefer", "verify-full"] as const);
  }
  checkObject("options.ssl", ssl);
  return ssl as TlsOptions;
}
