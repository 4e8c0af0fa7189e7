export type { PostgresConnectionOptions, PostgresStorageOptions, TimescaleMode } from "./options.js";
