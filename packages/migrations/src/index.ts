export type { MigrationDriver, OutsideTransaction } from "./driver.js";
export { HISTORY_TABLE, type MigrationRecord, type MigrationState } from "./history.js";
export { MIGRATION_FLAGS, type Migration, type MigrationFlag, parseMigration } from "./migration.js";
export { type MigrationPlan, planMigrations } from "./plan.js";
export { type RunMigrationsOptions, runMigrations } from "./run.js";
export type { ColumnShape, IndexShape, SchemaManifest, TableShape, ViewShape } from "./schema-manifest.js";
export {
  type MigrationStatus,
  migrationStatus,
  type PendingMigration,
  requireCurrent,
  statusOf,
} from "./status.js";
export { describeDrift, type SchemaDrift, verifySchema } from "./verify.js";
