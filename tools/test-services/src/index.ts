export { createDatabase, type TestDatabase } from "./postgres/create-database.js";
export { databaseUrl } from "./postgres/database-url.js";
export type { PoolMode } from "./postgres/pgbouncer-configuration.js";
export type { PostgresServer, ShutdownMode } from "./postgres/postgres-server.js";
export type { StartPostgresOptions, TimescaleEdition } from "./postgres/settings.js";
export { type PgBouncer, type StartPgBouncerOptions, startPgBouncer } from "./postgres/start-pgbouncer.js";
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
} from "./provide/provided-services.js";
export { serverLines } from "./provide/server-lines.js";
export type { ProxyMode } from "./proxy/forwarded-connections.js";
export { type SwallowingProxy, startSwallowingProxy } from "./proxy/start-swallowing-proxy.js";
export type { RedisServer, StartRedisOptions } from "./redis/redis-server.js";
export { startRedis } from "./redis/start-redis.js";
export type { S3Server, StartS3Options } from "./s3/s3-server.js";
export { startS3 } from "./s3/start-s3.js";
export { ServiceUnavailable } from "./service-unavailable.js";
