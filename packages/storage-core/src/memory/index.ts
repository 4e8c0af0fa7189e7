export { MemoryMetricStore } from "./metric-store.js";
export { type MemoryStorageOptions, openMemoryStorage, storedEventsOf } from "./backend.js";
