import { onTestFinished } from "vitest";
import { openConnections, type SqliteConnections } from "../../src/connections.js";
import { parseSqliteOptions, type SqliteStorageOptions } from "../../src/options.js";

/** Opens a database for one test. */
export async function open(options: SqliteStorageOptions): Promise<SqliteConnections> {
  const connections = await openConnections(parseSqliteOptions(options));
  onTestFinished(() => close(connections));
  return connections;
}

/** Idempotent. */
export function close(connections: SqliteConnections): Promise<void> {
  return connections.close();
}

/** A migrated database with its connections closed. */
export async function createDatabase(path: string): Promise<void> {
  await close(await openConnections(parseSqliteOptions({ path })));
}
