import { BACKEND_MODULE_VERSION, type BackendModule, type OpenOptions } from "../backend-module.js";
import { type MemoryStorageOptions, openMemoryStorage } from "./backend.js";

/** The in-memory backend for `openStorage`: no schema, and no settings. */
export const backendModule = {
  version: BACKEND_MODULE_VERSION,
  name: "memory",
  open: ({ migrate: _, ...options }: MemoryStorageOptions & OpenOptions) => openMemoryStorage(options),
} satisfies BackendModule<MemoryStorageOptions>;
