import { type ErrorLocation, isStorageError, type MigrationStatus, StorageError } from "@agent-assembly/storage-core";
import type { MigrationRecord } from "@agent-assembly/storage-core/backend";
import type { MigrationDriver } from "./driver.js";
import type { Migration } from "./migration.js";
import { planMigrations } from "./plan.js";

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
 * @param location the database, for errors
 * @throws `schema_outdated`; `schema_newer`, `migration_failed`
 */
export function requireCurrent(status: MigrationStatus, location: ErrorLocation): void {
  if (status.problem !== undefined) throw status.problem;
  if (status.state === "current") return;
  throw new StorageError({
    code: "schema_outdated",
    location,
    message: `the schema has version ${status.version}, and this software needs version ${status.latest}`,
    remedy: `Run "aasm migrate" to apply ${status.pending.map((step) => step.name).join(", ")}.`,
  });
}
