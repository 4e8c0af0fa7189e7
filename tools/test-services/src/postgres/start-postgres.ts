import { firstAvailable } from "../first-available.js";
import type { PostgresServer } from "./postgres-server.js";
import type { StartPostgresOptions } from "./settings.js";
import { startDebianPostgres } from "./start-debian-postgres.js";
import { startDockerPostgres } from "./start-docker-postgres.js";

/**
 * Starts a PostgreSQL 17 server of its own on a free loopback port, with new data, superuser `postgres` and no password:
 * in Docker where it runs, else from Debian's packages. Rejects with `ServiceUnavailable` where neither is possible.
 * Servers from the environment are not used: they cannot be restarted or killed.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<PostgresServer> {
  const inDocker = () => startDockerPostgres(options);
  // The Community edition is in no Debian package.
  if (options.timescaledb && options.edition === "community") return inDocker();
  return firstAvailable([inDocker, () => startDebianPostgres(options)]);
}
