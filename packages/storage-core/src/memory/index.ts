export { type MemoryStorageOptions, openMemoryStorage, storedEventsOf } from "./backend.js";
export { backendModule } from "./backend-module.js";
export { MemoryMetricStore } from "./metric-store.js";
