export type { BeforeChange } from "../records/before-change.js";
export { type KeyedChange, MemoryKeyedTable, type MemoryTableOptions } from "../records/memory-table.js";
export { MemoryAuditDriver, type MemoryAuditOptions } from "./audit-driver.js";
export { type MemoryStorageOptions, openMemoryStorage, storedEventsOf } from "./backend.js";
export { backendModule } from "./backend-module.js";
export { type EventChange, type InsertOutcome, MemoryEventTable } from "./event-table.js";
export { MemoryMetricDriver } from "./metric-driver.js";
export { MemoryPartitionDriver } from "./partition-driver.js";
export { MemoryPolicyDriver, type PolicyChange } from "./policy-driver.js";
