import type { StorageError } from "./errors.js";

/** What opening a backend does about its schema: apply missing migrations, fail when one is missing, or not check. */
export type MigrateMode = "auto" | "check" | "off";

/** How a schema is migrated. */
export interface MigrateOptions {
  /** Report what would be done and change nothing. @default false */
  readonly dryRun?: boolean | undefined;
}

/** What a migration did, or would do. */
export interface MigrationReport {
  /** Version before and after; 0 is an empty database. */
  readonly from: number;
  readonly to: number;
  /** Steps applied by this call, in order; with `dryRun`, the steps that would be applied. */
  readonly steps: readonly MigrationStepReport[];
  /** Findings that were left unchanged, as readable text; absent when there are none. */
  readonly notes?: readonly string[];
}

/** One step of a {@link MigrationReport}. */
export interface MigrationStepReport {
  readonly version: number;
  readonly name: string;
  /** 0 in a dry run. */
  readonly durationMs: number;
}

/** `started`: a step outside a transaction began and has not been seen to finish. */
export type MigrationState = "started" | "applied";

/** One migration that a database remembers. */
export interface MigrationRecord {
  readonly version: number;
  readonly name: string;
  /** SHA-256 of the migration as it was applied, lower-case hex. */
  readonly checksum: string;
  readonly appliedAt: Date;
  /** 0 while `started`. */
  readonly durationMs: number;
  /** Version of the software that applied it. */
  readonly toolVersion: string;
  readonly state: MigrationState;
}

/** One migration that is still to be applied. */
export interface PendingMigration {
  readonly version: number;
  readonly name: string;
  /** Older versions of this software cannot work with the database once it is applied. */
  readonly breaking: boolean;
  readonly transactional: boolean;
}

/** Where a database stands. */
export interface MigrationStatus {
  /**
   * `current`: nothing to do. `outdated`: `pending` is to be applied. `refused`: see `problem`, nothing can be applied.
   */
  readonly state: "current" | "outdated" | "refused";
  /** Highest version that is fully applied; 0 for an empty database. */
  readonly version: number;
  /** Highest version the code knows. */
  readonly latest: number;
  /** In order of version. */
  readonly applied: readonly MigrationRecord[];
  /** In order of version; empty when `refused`. */
  readonly pending: readonly PendingMigration[];
  /** Present when `refused`: `schema_newer` or `migration_failed`. */
  readonly problem?: StorageError;
}

/** One way in which a live schema is not what the migrations make. */
export interface SchemaDrift {
  readonly kind: "missing" | "unexpected" | "different";
  readonly object: "table" | "column" | "index" | "view";
  /** E.g. `agents`, for a column `agents.name`. */
  readonly name: string;
  /** What the migrations make; absent for `unexpected`. */
  readonly expected?: string;
  /** What is there; absent for `missing`. */
  readonly actual?: string;
}

/** Manages the schema of one database without opening the store, which may not be possible yet. */
export interface SchemaAdmin {
  /** Applies what is missing, creating the database where the backend can; `dryRun` only lists it. */
  migrate(options?: MigrateOptions): Promise<MigrationReport>;
  /** Where the database stands; changes nothing. */
  status(): Promise<MigrationStatus>;
  /** How the live schema differs from what the migrations make; changes nothing. */
  verify(): Promise<SchemaDrift[]>;
  /**
   * Recounts the audit events and compares the counts that the store keeps of them; changes nothing.
   * @returns what differs, as readable text; empty when nothing does, and where the store keeps no counts
   */
  verifyCounts(): Promise<readonly string[]>;
  /**
   * Discards the counts that the store keeps of audit events and counts anew, beside other processes, whose questions are
   * answered exactly meanwhile. Does nothing where the store keeps none.
   */
  rebuildCounts(): Promise<void>;
}
