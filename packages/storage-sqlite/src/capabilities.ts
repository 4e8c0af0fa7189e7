import type { Capabilities } from "@agent-assembly/storage-core";
import { SUPPORTED, unsupported } from "@agent-assembly/storage-core/backend";

export const SQLITE_CAPABILITIES: Capabilities = Object.freeze({
  durability: SUPPORTED,
  multiProcess: SUPPORTED,
  metricsPersistence: unsupported("in local mode metrics are aggregated in this process's memory only"),
  partitions: unsupported("SQLite tables have no partitions; old events are deleted in slices"),
  compression: unsupported("SQLite cannot compress rows in place"),
  continuousRollups: unsupported("metrics are aggregated when they are asked for"),
  evidence: SUPPORTED,
  erasure: SUPPORTED,
  apiTokens: SUPPORTED,
});
