import { createDatabase, withConnection } from "./databases.js";
import type { TimescaleEdition } from "./postgres-server.js";

/** "functionality not supported under the current license" */
const NOT_LICENSED = "0A000";

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

/**
 * Which edition of TimescaleDB a server has, found out by switching compression on in a database of its own: the setting
 * `timescaledb.license` is unknown until the extension is loaded, and says "timescale" where the library is missing too.
 * @throws what the server answers when the extension cannot be created
 */
export async function probeEdition(adminUrl: string): Promise<TimescaleEdition> {
  const database = await createDatabase(adminUrl, "edition");
  try {
    return await withConnection(database.url, async (sql) => {
      await sql.unsafe("CREATE EXTENSION timescaledb");
      await sql.unsafe("CREATE TABLE probe (ts timestamptz NOT NULL); SELECT create_hypertable('probe', 'ts')");
      try {
        await sql.unsafe("ALTER TABLE probe SET (timescaledb.compress)");
        return "community";
      } catch (error) {
        if ((error as { code?: unknown }).code === NOT_LICENSED) return "apache";
        throw error;
      }
    });
  } finally {
    await database.drop();
  }
}
