export { openSqliteStorage } from "./backend.js";
export { type MigrateSqliteOptions, migrateSqlite, sqliteMigrationStatus, verifySqliteSchema } from "./migrate.js";
export type { SqliteStorageOptions } from "./options.js";
