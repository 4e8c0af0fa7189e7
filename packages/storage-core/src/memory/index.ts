export { type MemoryStorageOptions, openMemoryStorage, storedEventsOf } from "./backend.js";
export { MemoryMetricStore } from "./metric-store.js";
