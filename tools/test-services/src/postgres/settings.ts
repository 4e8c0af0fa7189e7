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
