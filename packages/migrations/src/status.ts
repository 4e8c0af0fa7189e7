import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import type { MigrationDriver } from "./driver.js";
import type { MigrationRecord } from "./history.js";
import type { Migration } from "./migration.js";
import { planMigrations } from "./plan.js";

/** A migration that is still to be applied. */
export interface PendingMigration {
  readonly version: number;
  readonly name: string;
  /** Older versions of this software cannot work with the database once it is applied. */
  readonly breaking: boolean;
  readonly transactional: boolean;
}

/** Where a database stands in relation to the migrations that the code knows. */
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

/** Where a database stands; changes nothing. @throws what reading the history throws */
export async function migrationStatus(
  driver: Pick<MigrationDriver, "readHistory">,
  migrations: readonly Migration[],
): Promise<MigrationStatus> {
  return statusOf(migrations, await driver.readHistory());
}

/** The status that a history (rows in any order) amounts to. */
export function statusOf(migrations: readonly Migration[], history: readonly MigrationRecord[]): MigrationStatus {
  const applied = history.toSorted((a, b) => a.version - b.version);
  const base = { applied, latest: migrations.length };
  try {
    const { from, pending } = planMigrations(migrations, applied);
    return {
      ...base,
      state: pending.length === 0 ? "current" : "outdated",
      version: from,
      pending: pending.map(({ version, name, flags }) => ({
        version,
        name,
        breaking: flags.has("breaking"),
        transactional: !flags.has("no-transaction"),
      })),
    };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    const version = applied.findLast((record) => record.state === "applied")?.version ?? 0;
    return { ...base, state: "refused", version, pending: [], problem: error };
  }
}

/**
 * Refuses a database that is not exactly at the code's version.
 * @param where names the database and the command that brings it up to date, e.g. `run "aasm migrate"`
 * @throws `schema_outdated`; `schema_newer`, `migration_failed`
 */
export function requireCurrent(status: MigrationStatus, where: { database: string; remedy: string }): void {
  if (status.problem !== undefined) throw status.problem;
  if (status.state === "current") return;
  throw new StorageError({
    code: "schema_outdated",
    message:
      `${where.database} has schema version ${status.version}, this software needs ${status.latest}; ` +
      `${where.remedy} to apply ${status.pending.map((step) => step.name).join(", ")}`,
  });
}
