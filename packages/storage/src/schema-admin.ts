import type { MigrationStatus, SchemaDrift } from "@agent-assembly/migrations";
import type { MigrateOptions, MigrationReport } from "@agent-assembly/storage-core";
import { BACKEND_PACKAGES, importModule, loadBackend, type ModuleImporter } from "./backend-loader.js";
import type { Config } from "./config/schema/schema.js";
import { loadDefaultConfig, resolveOptions } from "./open.js";
import type { PostgresConnection, StorageOptions } from "./options.js";

/** Looks after a database's schema without opening the store, which may not be possible yet. */
export interface SchemaAdmin {
  /** Applies what is missing, creating the database where the backend can; `dryRun` only lists it. */
  migrate(options?: MigrateOptions): Promise<MigrationReport>;
  /** Where the database stands; changes nothing. */
  status(): Promise<MigrationStatus>;
  /** How the live schema differs from what the migrations make; changes nothing. */
  verify(): Promise<SchemaDrift[]>;
}

type Target<T> = (target: T) => Promise<MigrationStatus>;
type Migrate<T> = (target: T, options?: MigrateOptions) => Promise<MigrationReport>;
type Verify<T> = (target: T) => Promise<SchemaDrift[]>;

/**
 * The schema of the store a configuration, or explicit options, name. @throws as `openStorage` does
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

/** {@link openSchema} with the module importer given. */
export async function openSchemaWith(
  load: ModuleImporter,
  source: Config | StorageOptions | undefined,
): Promise<SchemaAdmin> {
  const options = resolveOptions(source === undefined ? await loadDefaultConfig() : source);
  switch (options.backend) {
    case "sqlite": {
      const { path } = options;
      return administer(load, BACKEND_PACKAGES.sqlite, path, "Sqlite");
    }
    case "postgres": {
      const { backend: _, migrate: __, limits: ___, state: ____, ...connection } = options;
      return administer<PostgresConnection>(load, BACKEND_PACKAGES.postgres, connection, "Postgres");
    }
    case "memory":
      return SCHEMALESS;
  }
}

/** Backends export these three functions under names that differ by their own only. */
async function administer<T>(
  load: ModuleImporter,
  packageName: string,
  target: T,
  name: "Sqlite" | "Postgres",
): Promise<SchemaAdmin> {
  const [migrate, status, verify] = await Promise.all([
    loadBackend<Migrate<T>>(packageName, `migrate${name}`, load),
    loadBackend<Target<T>>(packageName, `${name.toLowerCase()}MigrationStatus`, load),
    loadBackend<Verify<T>>(packageName, `verify${name}Schema`, load),
  ]);
  return {
    migrate: (options) => migrate(target, options),
    status: () => status(target),
    verify: () => verify(target),
  };
}

const SCHEMALESS: SchemaAdmin = {
  migrate: async () => ({ from: 0, to: 0, steps: [] }),
  status: async () => ({ state: "current", version: 0, latest: 0, applied: [], pending: [] }),
  verify: async () => [],
};
