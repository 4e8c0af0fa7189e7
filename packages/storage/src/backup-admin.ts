import { type BackupAdmin, StorageError } from "@agent-assembly/storage-core";
import { importModule, type ModuleImporter } from "./backends/load-module.js";
import type { Config } from "./config/schema/schema.js";
import { loadTarget } from "./load-target.js";
import { loadDefaultConfig } from "./open.js";
import type { StorageOptions } from "./options.js";
import { resolveTarget } from "./target.js";

/** What copies a store whose backend does not. */
const OTHER_TOOLS: Readonly<Record<string, string>> = {
  postgres: "Use pg_dump, or pg_basebackup for a whole server and points in time: see docs/backup.md.",
  memory: "Export its events with aasm audit export.",
};

/**
 * Backups of the store that a configuration, or explicit options, name. The store is not opened.
 * @throws `unsupported` where the backend is backed up by tools of its own, which it names; otherwise as `openStorage` does
 * @example
 * ```ts
 * import { loadConfig, openBackup } from "@agent-assembly/storage";
 *
 * const backup = await openBackup(await loadConfig());
 * const { rows } = await backup.create("/var/backups/audit-2026-03-14.db");
 * console.log(rows.audit_events);
 * ```
 */
export async function openBackup(source?: Config | StorageOptions): Promise<BackupAdmin> {
  return openBackupWith(importModule, source);
}

/** {@link openBackup} with a given module importer. */
export async function openBackupWith(
  load: ModuleImporter,
  source: Config | StorageOptions | undefined,
): Promise<BackupAdmin> {
  const target = resolveTarget(source === undefined ? await loadDefaultConfig() : source);
  const { module, options } = await loadTarget(target, load);
  const { backup, name } = module;
  if (backup === undefined) {
    throw new StorageError({
      code: "unsupported",
      backend: name,
      message: `the backend ${name} is backed up with tools of its own`,
      remedy: OTHER_TOOLS[name] ?? "See the documentation of its package.",
    });
  }
  return {
    create: (file, how) => backup.create(options, file, how),
    restore: (file, how) => backup.restore(options, file, how),
  };
}
