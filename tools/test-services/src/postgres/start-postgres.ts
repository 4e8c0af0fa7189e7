import type { PostgresServer } from "./postgres-server.js";
import type { StartPostgresOptions } from "./settings.js";
import { startDebianPostgres } from "./start-debian-postgres.js";

/**
 * Starts a PostgreSQL 17 server of its own on a free loopback port, with new data, superuser `postgres` and no password:
 * in Docker where it runs, else from Debian's packages. Rejects with `ServiceUnavailable` where neither is possible.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<PostgresServer> {
  return startDebianPostgres(options);
}
