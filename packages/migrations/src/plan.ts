import { StorageError } from "@agent-assembly/storage-core";
import type { MigrationRecord } from "@agent-assembly/storage-core/backend";
import { invalidMigration } from "./errors.js";
import type { Migration } from "./migration.js";

/** What separates a database from the newest schema. Plain data: nothing has been applied. */
export interface MigrationPlan {
  /** Highest version that is fully applied; 0 for an empty database. */
  readonly from: number;
  /** Highest version the code knows. */
  readonly to: number;
  /** What is left to apply, in order. */
  readonly pending: readonly Migration[];
  /** The first of `pending` was started outside a transaction before and did not finish. */
  readonly resumes: boolean;
}

/**
 * Compares the code's migrations with a database's history.
 * @param available in any order
 * @param history in any order
 * @throws `schema_newer` when the database has steps the code does not know; `migration_failed` for gaps, duplicates,
 *   a migration whose content is not the one that was applied, and a database made by migrations that were replaced
 */
export function planMigrations(available: readonly Migration[], history: readonly MigrationRecord[]): MigrationPlan {
  const steps = orderMigrations(available);
  const records = history.toSorted((a, b) => a.version - b.version);
  refuseReplaced(steps, records);
  refuseNewer(steps, records);
  for (const [index, record] of records.entries()) checkRecord(steps, records, record, index);
  const unfinished = records.find((record) => record.state === "started");
  const from = unfinished === undefined ? records.length : unfinished.version - 1;
  return { from, to: steps.length, pending: steps.slice(from), resumes: unfinished !== undefined };
}

/** Sorts and checks a set of migrations by itself: versions 1, 2, 3, ... each once. @throws `migration_failed` */
function orderMigrations(available: readonly Migration[]): readonly Migration[] {
  const steps = available.toSorted((a, b) => a.version - b.version);
  steps.forEach((step, index) => {
    const previous = steps[index - 1];
    if (previous?.version === step.version) {
      throw invalidMigration(
        step.name,
        `has the version of ${previous.name}`,
        "Give one of them the next free number.",
      );
    }
    if (step.version !== index + 1) {
      throw invalidMigration(
        step.name,
        `follows a gap: version ${index + 1} is missing`,
        "Restore that file or renumber this one.",
      );
    }
  });
  return steps;
}

/** Asked first: what comes after a replaced step in the history means nothing by the code's numbers. */
function refuseReplaced(steps: readonly Migration[], records: readonly MigrationRecord[]): void {
  for (const step of steps) {
    const record = records.find(({ checksum }) => step.replaces.has(checksum));
    if (record === undefined) continue;
    throw invalidMigration(
      step.name,
      "replaces the migration that created this database, so the database cannot be migrated",
      `Export its data with the version or checkout of this software that created it (${record.toolVersion}), then import ` +
        "it into a new database with this version.",
    );
  }
}

function refuseNewer(steps: readonly Migration[], records: readonly MigrationRecord[]): void {
  const newest = records.at(-1);
  if (newest === undefined || newest.version <= steps.length) return;
  throw new StorageError({
    code: "schema_newer",
    message:
      `the schema has version ${newest.version} (${newest.name}), written by version ${newest.toolVersion} of this ` +
      `software; this version supports up to ${steps.length}`,
    remedy: "Upgrade this software, or restore a backup from before the upgrade.",
  });
}

function checkRecord(
  steps: readonly Migration[],
  records: readonly MigrationRecord[],
  record: MigrationRecord,
  index: number,
): void {
  const step = steps[record.version - 1] as Migration;
  if (record.version !== index + 1) {
    throw invalidMigration(
      record.name,
      `is recorded although version ${index + 1} is not; the history table was changed by hand`,
      "Restore a backup.",
    );
  }
  // An unfinished step may have been corrected, which is how one recovers from a mistake in it.
  if (record.state === "started") {
    if (record === records.at(-1)) return;
    throw invalidMigration(
      record.name,
      "is recorded as unfinished although later ones are applied",
      "Restore a backup.",
    );
  }
  if (record.checksum !== step.checksum) {
    throw invalidMigration(
      step.name,
      "was edited after it was applied to this database",
      "Restore the file and put the change into a new migration.",
    );
  }
}
