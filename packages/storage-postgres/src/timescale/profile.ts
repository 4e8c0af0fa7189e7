import { errorCode } from "../driver/errors.js";
import type { Sql } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";

export type TimescaleEdition = "none" | "apache" | "community";

/** What a database offers of TimescaleDB. */
export interface TimescaleProfile {
  readonly edition: TimescaleEdition;
  /** For messages; nothing is decided by it. */
  readonly version?: string;
  /** Where the extension's functions are. */
  readonly extensionSchema?: string;
  /** Why the edition is not `community`. */
  readonly reason?: string;
}

/** The oldest version that has what we call. */
const OLDEST = "2.14";

/**
 * Finds out by trying: settings and version strings say "timescale" also where the Community library is missing.
 * @throws what the driver throws
 */
export async function probeProfile(sql: Sql): Promise<TimescaleProfile> {
  const [extension] = await sql<{ version: string; schema: string; recent: boolean }[]>`
    SELECT e.extversion AS version, n.nspname AS schema,
      EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND p.proname = 'by_range') AS recent
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb'`;
  if (extension === undefined) {
    return { edition: "none", reason: "the extension timescaledb is not installed in this database" };
  }
  const { version, schema, recent } = extension;
  if (!recent) {
    return { edition: "none", version, reason: `TimescaleDB ${version} is too old; update it to ${OLDEST} or later` };
  }
  const reason = await refusalOfCommunityCalls(sql, schema);
  const installed = { version, extensionSchema: schema };
  return reason === undefined ? { edition: "community", ...installed } : { edition: "apache", ...installed, reason };
}

/** Asks for a change to a job that cannot exist, which is nothing to do in the Community edition. */
async function refusalOfCommunityCalls(sql: Sql, schema: string): Promise<string | undefined> {
  try {
    await sql.begin((transaction) =>
      transaction.unsafe(`SELECT ${quoteIdentifier(schema)}.alter_job(-1, if_exists => true)`),
    );
    return undefined;
  } catch (error) {
    switch (errorCode(error)) {
      case "0A000":
        return "this is the Apache edition of TimescaleDB, which has hypertables only; the Community edition has the rest";
      // undefined_file: the configuration promises the Community edition, but its library is not there.
      case "58P01":
        return "the server lacks the Community library of TimescaleDB although timescaledb.license asks for it";
      default:
        throw error;
    }
  }
}
