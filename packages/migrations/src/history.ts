/** Where a database remembers which migrations it has seen. */
export const HISTORY_TABLE = "aasm_migrations";

/** `started`: a step outside a transaction began and has not been seen to finish. */
export type MigrationState = "started" | "applied";

/** One row of the history table. */
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
