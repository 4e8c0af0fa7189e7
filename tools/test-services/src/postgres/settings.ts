/** What to start a PostgreSQL server with. */
export interface StartPostgresOptions {
  /** Whether `CREATE EXTENSION timescaledb` is to work. */
  readonly timescaledb: boolean;
  /** Which TimescaleDB: `apache` (the default) or `community`, which only Docker has. */
  readonly edition?: TimescaleEdition;
  /** More settings of `postgresql.conf`, by name; they win over the ones used here. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type TimescaleEdition = "apache" | "community";

/** The settings every server gets. Durability is left as PostgreSQL has it, so that speed is measured honestly. */
export function serverSettings({ timescaledb, settings }: StartPostgresOptions): Record<string, string> {
  return {
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    // One background worker per TimescaleDB database and test file; the default of 8 starves the fourth.
    max_worker_processes: "64",
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
