import type { BackendModule, OpenOptions } from "../backend-module.js";
import { type MemoryStorageOptions, openMemoryStorage } from "./backend.js";

/** The in-memory backend for `openStorage`: no schema, and no settings. */
export const backendModule = {
  version: 1,
  name: "memory",
  open: ({ migrate: _, ...options }: MemoryStorageOptions & OpenOptions) => openMemoryStorage(options),
} satisfies BackendModule<MemoryStorageOptions>;
