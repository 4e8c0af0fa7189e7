export { type MemoryStorageOptions, openMemoryStorage, storedEventsOf } from "./backend.js";
export { backendModule } from "./backend-module.js";
export { MemoryMetricDriver } from "./metric-driver.js";
