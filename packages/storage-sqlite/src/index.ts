export { openSqliteStorage } from "./backend.js";
export { backendModule } from "./backend-module.js";
export type { SqliteStorageOptions } from "./options.js";
