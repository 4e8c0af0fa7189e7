import type { SchemaAdmin } from "@agent-assembly/storage-core";
import { schemaAdmin } from "@agent-assembly/storage-core/backend";
import { importModule, type ModuleImporter } from "./backends/load-module.js";
import type { Config } from "./config/schema/schema.js";
import { loadTarget } from "./load-target.js";
import { loadDefaultConfig } from "./open.js";
import type { StorageOptions } from "./options.js";
import { resolveTarget } from "./target.js";

/**
 * The schema of the store that a configuration, or explicit options, name. The store is not opened. A backend without a
 * schema is at version 0, which is current.
 * @throws as `openStorage` does
 * @example
 * ```ts
 * import { loadConfig, openSchema } from "@agent-assembly/storage";
 *
 * const schema = await openSchema(await loadConfig());
 * const { steps } = await schema.migrate({ dryRun: true });
 * console.log((await schema.status()).state, steps.map(({ name }) => name));
 * ```
 */
export async function openSchema(source?: Config | StorageOptions): Promise<SchemaAdmin> {
  return openSchemaWith(importModule, source);
}

/** {@link openSchema} with a given module importer. */
export async function openSchemaWith(
  load: ModuleImporter,
  source: Config | StorageOptions | undefined,
): Promise<SchemaAdmin> {
  const { module, options } = await loadTarget(
    resolveTarget(source === undefined ? await loadDefaultConfig() : source),
    load,
  );
  return module.schema === undefined ? SCHEMALESS : schemaAdmin(module.schema, options);
}

const SCHEMALESS: SchemaAdmin = {
  migrate: async () => ({ from: 0, to: 0, steps: [] }),
  status: async () => ({ state: "current", version: 0, latest: 0, applied: [], pending: [] }),
  verify: async () => [],
  verifyCounts: async () => [],
  rebuildCounts: async () => undefined,
};
