export { postgresClients } from "./postgres/clients.js";
export { createDatabase, databaseUrl, type TestDatabase } from "./postgres/databases.js";
export type { PoolMode } from "./postgres/pgbouncer.js";
export { type PgBouncer, type StartPgBouncerOptions, startPgBouncer } from "./postgres/pgbouncer.js";
export type {
  PostgresServer,
  ShutdownMode,
  StartPostgresOptions,
  TimescaleEdition,
} from "./postgres/postgres-server.js";
export { startPostgres } from "./postgres/start-postgres.js";
export { provideServices, type RunningServices } from "./provide/provide-services.js";
export {
  type MissingProfile,
  PROFILE_NAMES,
  type ProfileName,
  type ProvidedServices,
  type ProvideOptions,
  type Provider,
  type ServiceProfile,
  serverLines,
} from "./provide/provided-services.js";
export type { RedisServer, StartRedisOptions } from "./redis/start-redis.js";
export { startRedis } from "./redis/start-redis.js";
export type { S3Server, StartS3Options } from "./s3.js";
export { startS3 } from "./s3.js";
export { ServiceUnavailable } from "./service-unavailable.js";
export type { ProxyMode } from "./swallowing-proxy.js";
export { type SwallowingProxy, startSwallowingProxy } from "./swallowing-proxy.js";
