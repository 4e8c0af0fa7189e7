export { openPostgresStorage } from "./backend.js";
export { backendModule } from "./backend-module.js";
export type { PostgresConnectionOptions, PostgresStorageOptions, TimescaleMode } from "./options.js";
