export { openPostgresStorage } from "./backend.js";
export {
  type MigratePostgresOptions,
  migratePostgres,
  postgresMigrationStatus,
  verifyPostgresSchema,
} from "./migrate.js";
export type { PostgresConnectionOptions, PostgresStorageOptions, TimescaleMode } from "./options.js";
