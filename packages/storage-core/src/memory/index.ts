export { type MemoryStorageOptions, openMemoryStorage, storedEventsOf } from "./backend.js";
export { MemoryMetricDriver } from "./metric-driver.js";
