import { createDatabase, type ProfileName, type ServiceProfile } from "@agent-assembly/test-services";
import { afterAll, inject } from "vitest";
import { connect } from "../../src/driver/client/connect.js";
import { Pool } from "../../src/driver/pool.js";
import { migratePostgres } from "../../src/migrate.js";
import { parsePostgresOptions, type ResolvedPostgresOptions, type TimescaleMode } from "../../src/options.js";

export type PostgresProfile = Exclude<ProfileName, "redis" | "redis-7">;

/** What a database for tests is made of; options of `openPostgresStorage` too. */
export interface DatabaseOptions {
  readonly url: string;
  readonly timescaledb: TimescaleMode;
}

/** A database for one test alone. */
export interface OwnDatabase extends AsyncDisposable {
  readonly options: DatabaseOptions;
  /** Idempotent; ends whatever connections there are. */
  drop(): Promise<void>;
}

/** The server of a profile, or `undefined` where it cannot be had: skip the tests then. */
export function serverOf(profile: PostgresProfile): ServiceProfile | undefined {
  return inject("services").profiles.find(({ name }) => name === profile);
}

/**
 * An empty database without the extension.
 * @param label whose it is: lower-case letters, digits and underscores
 * @throws Error when the profile's server is missing
 */
export async function plainDatabase(profile: PostgresProfile, label: string): Promise<OwnDatabase> {
  const server = serverOf(profile);
  if (server === undefined) throw new Error(`there is no server for the profile ${profile}; skip without one`);
  const { url, drop } = await createDatabase(server.url, label);
  const options: DatabaseOptions = { url, timescaledb: profile.startsWith("timescale") ? "require" : "off" };
  return { options, drop, [Symbol.asyncDispose]: drop };
}

/** As {@link plainDatabase}, with the extension for the TimescaleDB profiles. */
export async function emptyDatabase(profile: PostgresProfile, label: string): Promise<OwnDatabase> {
  const database = await plainDatabase(profile, label);
  if (database.options.timescaledb === "require") await onConnection(database.options, "CREATE EXTENSION timescaledb");
  return database;
}

/** As {@link emptyDatabase}, with the newest schema. */
export async function migratedDatabase(profile: PostgresProfile, label: string): Promise<OwnDatabase> {
  const database = await emptyDatabase(profile, label);
  await migratePostgres(database.options);
  return database;
}

/** A migrated database that all tests of a file, or of the `describe` this is called in, share. */
export async function databaseOfFile(profile: PostgresProfile, label: string): Promise<DatabaseOptions> {
  const database = await migratedDatabase(profile, label);
  afterAll(database.drop);
  return database.options;
}

/**
 * Keeps TimescaleDB's scheduler out of a database: where hundreds of schemas come and go, its jobs are in the way of
 * dropping them.
 */
export async function withoutBackgroundJobs(database: DatabaseOptions): Promise<void> {
  if (database.timescaledb === "require") {
    await onConnection(database, "SELECT _timescaledb_functions.stop_background_workers()");
  }
}

/** A pool as the backend creates it. The caller closes it. */
export function poolOn(database: DatabaseOptions, options: Partial<ResolvedPostgresOptions> = {}): Pool {
  const resolved = parsePostgresOptions({ ...database, ...options });
  return new Pool({ ...resolved, applicationName: "aasm test" });
}

async function onConnection(database: DatabaseOptions, statement: string): Promise<void> {
  const sql = connect({ ...parsePostgresOptions(database), maxConnections: 1, applicationName: "aasm test" });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}
