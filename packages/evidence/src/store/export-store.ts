import type { StorageBackend } from "@agent-assembly/storage-core";
import { type ExportOptions, type WrittenExport, writeExport } from "../export/write-export.js";
import { type StoreSourceOptions, storeSource } from "./store-source.js";

/** Options of {@link exportStore}. */
export interface ExportStoreOptions extends ExportOptions, StoreSourceOptions {
  /** Its name must be free. */
  readonly folder: string;
}

/**
 * Writes the evidence of a store for a time range into a new folder; see `writeExport`. It is of the newest checkpoint of the log:
 * what was sealed since is not in it.
 * @throws as `writeExport`; `unsupported` for a store that keeps no evidence; `not_found` where events are not sealed, or no
 *   checkpoint was signed
 *
 * @example
 * ```ts
 * import { exportStore } from "@agent-assembly/evidence";
 * import type { StorageBackend } from "@agent-assembly/storage-core";
 *
 * export async function exportWeek(storage: StorageBackend, folder: string): Promise<number> {
 *   const range = { from: new Date("2026-11-01"), to: new Date("2026-11-08") };
 *   const { events } = await exportStore(storage, { ...range, folder });
 *   return events;
 * }
 * ```
 */
export async function exportStore(
  storage: StorageBackend,
  { folder, verifierKeys, log, archives, ...options }: ExportStoreOptions,
): Promise<WrittenExport> {
  return writeExport(await storeSource(storage, { verifierKeys, log, archives }), folder, options);
}
