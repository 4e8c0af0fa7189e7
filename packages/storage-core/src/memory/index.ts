export { type MemoryStorageOptions, openMemoryStorage, storedEventsOf } from "./backend.js";
export { MemoryKeyedTable } from "./keyed-table.js";
export { MemoryMetricDriver } from "./metric-driver.js";
