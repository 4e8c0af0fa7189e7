import type { AuditLimits } from "./audit/store.js";
import type { StorageBackend } from "./backend.js";
import type { BackupOptions, BackupReport, RestoreOptions } from "./backup.js";
import type {
  MigrateMode,
  MigrateOptions,
  MigrationReport,
  MigrationStatus,
  SchemaAdmin,
  SchemaDrift,
} from "./schema.js";
import type { StateBackend, StateKind } from "./state/support.js";

/** The version of {@link BackendModule} that this package defines; a module says which one it implements. */
export const BACKEND_MODULE_VERSION = 1;

/** Options that every backend takes beside its own. */
export interface OpenOptions {
  /** What to do about the schema; a backend without a schema gets none. @default the backend's own */
  readonly migrate?: MigrateMode | undefined;
  /**
   * For reading only: nothing is created, migrated or changed. Backends that do not open in such a way open as always.
   * @default false
   */
  readonly readOnly?: boolean | undefined;
  /** @default `DEFAULT_AUDIT_LIMITS` */
  readonly limits?: AuditLimits | undefined;
  /**
   * Signs the cursors and positions that the store gives out, so that clients can only pass back what they were given: a
   * secret text of 32 to 512 characters, the same for all processes that use the store. Or up to 8 of them, of which the
   * first one signs and all verify; `"unsigned"` after the first one also accepts tokens that were made without a key.
   * @default none: tokens are checked, but not signed
   */
  readonly tokenKey?: string | readonly string[] | undefined;
  /**
   * Whether changes of policies, agents, approvals, holds, retention runs and archives are recorded as audit events of action
   * `governance`. @default true
   */
  readonly governanceEvents?: boolean | undefined;
}

/** What a backend needs to turn its section of a configuration into options. */
export interface SettingsContext {
  /** The absolute form of a path: `~` is the home folder, a relative path starts from the working folder. */
  resolvePath(path: string): string;
}

/**
 * What a backend package exports under the name `backendModule`. `openStorage`, `openSchema`, the configuration and the
 * command line work with any package that exports it.
 *
 * A package has `open` when it is a store, `state` when it keeps policy cache, approvals or rate limits on its own.
 */
export interface BackendModule<Options extends object = object> {
  /** {@link BACKEND_MODULE_VERSION} of the package that it was written against. */
  readonly version: typeof BACKEND_MODULE_VERSION;
  /** As in `StorageBackend.name`, in errors and in `aasm status`. */
  readonly name: string;
  /**
   * Checks the section of a configuration and returns the options for `open`, `schema` and `state.open`, with defaults
   * filled in. They are plain data, since `aasm config show` prints them. Without it the section is passed as options.
   * @throws `invalid_argument` naming the key, the shape of its value and what is allowed
   */
  parseSettings?(section: Readonly<Record<string, unknown>>, context: SettingsContext): Options;
  /** Opens the store. Its policy cache, approvals and rate limits are in `StorageBackend.stateSupport`. */
  open?(options: Options & OpenOptions): StorageBackend | Promise<StorageBackend>;
  /** `open` takes `readOnly`; where it is absent, `open` is called without that option. */
  readonly opensReadOnly?: boolean;
  /** Absent where there is no schema to migrate. */
  readonly schema?: BackendSchema<Options>;
  /** Absent where the store is backed up by other means. */
  readonly backup?: BackendBackup<Options>;
  /** Absent where hot-path state cannot be kept apart from the store. */
  readonly state?: BackendState<Options>;
}

/** How a backend manages the schema of the store that options name. Nothing of this opens the store. */
export interface BackendSchema<Options extends object = object> {
  /** Applies what is missing, creating the database where the backend can; `dryRun` only lists it. */
  migrate(options: Options, migrateOptions?: MigrateOptions): Promise<MigrationReport>;
  /** Where the database stands; changes nothing. */
  status(options: Options): Promise<MigrationStatus>;
  /** How the live schema differs from what the migrations make; changes nothing. */
  verify(options: Options): Promise<SchemaDrift[]>;
  /** As `SchemaAdmin.verifyCounts`. Absent where no counts are kept. */
  verifyCounts?(options: Options): Promise<readonly string[]>;
  /** As `SchemaAdmin.rebuildCounts`. Absent where no counts are kept. */
  rebuildCounts?(options: Options): Promise<void>;
}

/** How a backend copies the store that options name, see `BackupAdmin`. */
export interface BackendBackup<Options extends object = object> {
  create(options: Options, file: string, backupOptions?: BackupOptions): Promise<BackupReport>;
  restore(options: Options, file: string, restoreOptions?: RestoreOptions): Promise<BackupReport>;
}

/** Hot-path state that many processes share, apart from the store. */
export interface BackendState<Options extends object = object> {
  /** What it can hold; the rest stays in the store or in each process. */
  readonly kinds: readonly StateKind[];
  /**
   * Connects. A server that cannot be reached now is no error: the ports keep retrying.
   * @throws `invalid_argument`, `permission_denied`, `unsupported` for what will never work
   */
  open(options: Options): StateBackend | Promise<StateBackend>;
}

/** The schema that some options name, without naming them at each call. */
export function schemaAdmin<Options extends object>(schema: BackendSchema<Options>, options: Options): SchemaAdmin {
  return {
    migrate: (migrateOptions) => schema.migrate(options, migrateOptions),
    status: () => schema.status(options),
    verify: () => schema.verify(options),
    verifyCounts: async () => (await schema.verifyCounts?.(options)) ?? [],
    rebuildCounts: async () => schema.rebuildCounts?.(options),
  };
}
