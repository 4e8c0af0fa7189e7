import { resolve } from "node:path";
import type { AuditLimits, Clock, MigrateMode, OpenOptions } from "@agent-assembly/storage-core";
import {
  checkKeys,
  checkObject,
  describeShape,
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

/** Options of {@link openSqliteStorage}. */
export interface SqliteStorageOptions extends Pick<OpenOptions, "tokenKey" | "governanceEvents"> {
  /** The database file; relative to the working directory. It and its folder are created when missing. */
  readonly path: string;
  /** Default `auto`: missing migrations are applied on opening. */
  readonly migrate?: MigrateMode | undefined;
  /**
   * For reading only: nothing is created, migrated or changed, and a file and folder without permission to write will do.
   * A copy of a store in use needs its -wal beside it. @default false
   */
  readonly readOnly?: boolean | undefined;
  /** How long a write waits for other processes, milliseconds; default 30,000. */
  readonly busyTimeoutMs?: number | undefined;
  readonly limits?: AuditLimits | undefined;
  /** How often a tail looks for events of other processes, milliseconds; default 200. */
  readonly tailPollMs?: number | undefined;
  /**
   * A database of up to this many bytes is scanned on the calling thread, which takes less than starting another one; a
   * larger one in a thread of its own, so that the event loop keeps turning. Default 4 MiB; 0: always in a thread.
   */
  readonly inlineScanBytes?: number | undefined;
  /** Where "now" comes from; default the system clock. */
  readonly clock?: Clock | undefined;
}

/** Checked and defaulted. */
export interface ResolvedSqliteOptions {
  /** Absolute. */
  readonly path: string;
  readonly migrate: MigrateMode;
  readonly readOnly: boolean;
  readonly busyTimeoutMs: number;
  readonly limits: ResolvedAuditLimits;
  readonly tailPollMs: number;
  readonly inlineScanBytes: number;
  readonly clock: Clock;
  readonly tokenKeys: TokenKeys | undefined;
  readonly governanceEvents: boolean;
}

const OPTION_NAMES = [
  "path",
  "migrate",
  "readOnly",
  "busyTimeoutMs",
  "limits",
  "tailPollMs",
  "inlineScanBytes",
  "clock",
  "tokenKey",
  "governanceEvents",
] as const;
const MIGRATE_MODES = ["auto", "check", "off"] as const;
const DEFAULT_BUSY_TIMEOUT_MS = 30_000;
const DEFAULT_TAIL_POLL_MS = 200;
const DEFAULT_INLINE_SCAN_BYTES = 4 * 1024 * 1024;
const MAX_INLINE_SCAN_BYTES = 1024 * 1024 * 1024;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** @throws `invalid_argument` for an unknown option or a bad value */
export function parseSqliteOptions(options: SqliteStorageOptions): ResolvedSqliteOptions {
  checkObject("options", options);
  checkKeys("options", options, OPTION_NAMES);
  const { migrate = "auto", busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, tailPollMs = DEFAULT_TAIL_POLL_MS } = options;
  const { inlineScanBytes = DEFAULT_INLINE_SCAN_BYTES } = options;
  const clock: unknown = options.clock ?? systemClock;
  if (typeof clock !== "function") {
    throw invalidArgument("options.clock", `must be a function, got ${describeShape(clock)}`);
  }
  return {
    path: resolveDatabasePath(options.path),
    migrate: parseChoice("options.migrate", migrate, MIGRATE_MODES),
    readOnly: parseBoolean("options.readOnly", options.readOnly ?? false),
    busyTimeoutMs: parseInteger("options.busyTimeoutMs", busyTimeoutMs, 0, HOUR_MS),
    limits: parseAuditLimits(options.limits),
    tailPollMs: parseInteger("options.tailPollMs", tailPollMs, 1, MINUTE_MS),
    inlineScanBytes: parseInteger("options.inlineScanBytes", inlineScanBytes, 0, MAX_INLINE_SCAN_BYTES),
    clock: clock as Clock,
    tokenKeys: parseTokenKey(options.tokenKey),
    governanceEvents: parseGovernanceEvents(options.governanceEvents),
  };
}

/** @returns the absolute path. @throws `invalid_argument` for what is no file path */
export function resolveDatabasePath(path: unknown): string {
  if (typeof path !== "string" || path.trim() === "") {
    const got = path === "" ? "an empty string" : describeShape(path);
    throw invalidArgument("options.path", `must be the path of the database file, got ${got}`);
  }
  if (path === ":memory:") {
    throw invalidArgument(
      "options.path",
      "is :memory:, which a second connection cannot open",
      "Use openMemoryStorage() of @agent-assembly/storage-core/memory, or a file.",
    );
  }
  if (/^file:/i.test(path)) {
    throw invalidArgument("options.path", "is a file: URI", "Pass a plain path, e.g. by fileURLToPath() of node:url.");
  }
  if (path.includes("://")) {
    throw invalidArgument("options.path", `must be the path of the database file, got a URL (${describeShape(path)})`);
  }
  if (path.includes("\u0000")) throw invalidArgument("options.path", "must not contain U+0000");
  return resolve(path);
}
