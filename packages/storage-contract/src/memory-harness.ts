import { openMemoryStorage, storedEventsOf } from "@agent-assembly/storage-core/memory";
import type { StorageHarness } from "./harness.js";

/** The reference backend's own harness; also the shortest example of one. */
export const memoryHarness: StorageHarness = {
  name: "memory",
  create: async (options) => openMemoryStorage(options),
  destroy: (backend) => backend.close(),
  readStoredEvents: async (backend) => storedEventsOf(backend),
};
