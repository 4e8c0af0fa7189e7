export { prepareDebianPackages } from "./debian/prepare.js";
export { createDatabase, type TestDatabase } from "./postgres/create-database.js";
export type { PostgresServer, ShutdownMode } from "./postgres/postgres-server.js";
export type { StartPostgresOptions, TimescaleEdition } from "./postgres/settings.js";
export { startPostgres } from "./postgres/start-postgres.js";
export { ServiceUnavailable } from "./service-unavailable.js";
