import { withConnection } from "./connect.js";
import { createDatabase } from "./create-database.js";
import type { TimescaleEdition } from "./settings.js";

/** "functionality not supported under the current license" */
const NOT_LICENSED = "0A000";

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
