/** How a server is to end: `fast` closes connections and writes a checkpoint, `immediate` is a crash with recovery after. */
export type ShutdownMode = "fast" | "immediate";

/** A PostgreSQL server that this process started. It is gone when this process ends, in whatever way. */
export interface PostgresServer {
  /** The server's database `postgres` as superuser, e.g. `postgresql://postgres@127.0.0.1:40001/postgres`. */
  readonly url: string;
  /** The same; the name `createDatabase` asks for. */
  readonly adminUrl: string;
  /** Such as `17.6`. */
  readonly version: string;
  /** The TimescaleDB that `CREATE EXTENSION timescaledb` gives; `undefined` when it was not asked for. */
  readonly timescaledb: { readonly edition: TimescaleEdition; readonly version: string } | undefined;
  /** The postmaster, from `postmaster.pid`; changes with a restart. `undefined` in Docker and while it is not running. */
  readonly pid: number | undefined;
  /** The folder of its programs, such as `pg_dump`; `undefined` in Docker. */
  readonly programs: string | undefined;
  /** Ends the server and starts it on the same port with the same data. After `kill` it only starts. */
  restart(mode: ShutdownMode): Promise<void>;
  /** Ends the server and removes its data. Calling it again does nothing. */
  stop(): Promise<void>;
  /** Ends the server and all its processes with SIGKILL, as when power fails. The data stay, for `restart`. */
  kill(): Promise<void>;
}

/** What to start a PostgreSQL server with. */
export interface StartPostgresOptions {
  /** Whether `CREATE EXTENSION timescaledb` is to work. */
  readonly timescaledb: boolean;
  /** Which TimescaleDB: `apache` (the default) or `community`, which only Docker has. */
  readonly edition?: TimescaleEdition;
  /**
   * Whether commits wait for the disk. `true` by default, as measurements need it. Without it tests are quicker, and it
   * still loses nothing when its processes are killed: only when the machine stops.
   */
  readonly fsync?: boolean;
  /** A server started by this process, not in Docker, whose hot standby the new one becomes. */
  readonly standbyOf?: PostgresServer;
  /**
   * A folder that pg_basebackup made. The new server begins as that copy and recovers as `settings` say (`restore_command`,
   * `recovery_target_time`, ...); not in Docker.
   */
  readonly restoredFrom?: string;
  /** More settings of `postgresql.conf`, by name; they win over the ones used here. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type TimescaleEdition = "apache" | "community";

/** The settings every server gets. Durability is left as PostgreSQL has it, unless tests ask for less. */
export function serverSettings({ timescaledb, fsync = true, settings }: StartPostgresOptions): Record<string, string> {
  return {
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    // One background worker per TimescaleDB database and test file; the default of 8 starves the fourth.
    max_worker_processes: "64",
    ...(fsync ? {} : { fsync: "off" }),
    ...(timescaledb
      ? {
          shared_preload_libraries: "timescaledb",
          "timescaledb.telemetry_level": "off",
          "timescaledb.max_background_workers": "16",
        }
      : {}),
    ...settings,
  };
}

/** Lines for `postgresql.conf`. */
export function configurationText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join("");
}
