/*
 * Options that are declared by the packages of the backends, which are optional peer dependencies. Where one is not
 * installed, its type is unknown to the compiler, and the interfaces that extend it keep the members of their own. The
 * directives are in comments of documentation, because the compiler keeps no others in declarations.
 */

/**
 * Options of `@agent-assembly/storage-sqlite`.
 * @ts-ignore */
export type InstalledSqliteOptions = import("@agent-assembly/storage-sqlite").SqliteStorageOptions;

/**
 * Options of `@agent-assembly/storage-postgres`.
 * @ts-ignore */
export type InstalledPostgresOptions = import("@agent-assembly/storage-postgres").PostgresStorageOptions;

/**
 * Options of `@agent-assembly/state-redis`.
 * @ts-ignore */
export type InstalledRedisOptions = import("@agent-assembly/state-redis").RedisStateOptions;
