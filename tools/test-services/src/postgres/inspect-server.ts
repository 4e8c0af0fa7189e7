import { withConnection } from "./connect.js";
import type { TimescaleEdition } from "./settings.js";

/** What a server says about itself. */
export interface ServerFacts {
  /** Such as `17.6`. */
  readonly version: string;
  readonly majorVersion: number;
  readonly canCreateDatabases: boolean;
  /** The TimescaleDB that `CREATE EXTENSION timescaledb` would give, if any. */
  readonly timescaledb: { readonly edition: TimescaleEdition; readonly version: string } | undefined;
}

interface FactsRow {
  readonly version: string;
  readonly number: number;
  readonly may_create: boolean;
  readonly preloaded: string;
  readonly licence: string | null;
  readonly extension: string | null;
}

/** Asks a server for its version, rights and TimescaleDB. Rejects when it does not answer within 20 s. */
export function inspectServer(url: string): Promise<ServerFacts> {
  return withConnection(url, async (sql) => {
    const [row] = await sql<FactsRow[]>`
      SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
        current_setting('server_version_num')::int AS number,
        (SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user) AS may_create,
        current_setting('shared_preload_libraries') AS preloaded,
        current_setting('timescaledb.license', true) AS licence,
        (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb') AS extension`;
    if (row === undefined) throw new Error("the server gave no row");
    const usable = row.extension !== null && row.preloaded.split(/,\s*/).includes("timescaledb");
    return {
      version: row.version,
      majorVersion: Math.floor(row.number / 10_000),
      canCreateDatabases: row.may_create,
      timescaledb: usable
        ? { edition: row.licence === "timescale" ? "community" : "apache", version: row.extension as string }
        : undefined,
    };
  });
}
