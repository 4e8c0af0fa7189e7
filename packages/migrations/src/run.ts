import type { MigrationReport, MigrationStepReport } from "@agent-assembly/storage-core";
import type { MigrationRecord, MigrationState } from "@agent-assembly/storage-core/backend";
import type { MigrationDriver, OutsideTransaction } from "./driver.js";
import { invalidMigration, stepFailed } from "./errors.js";
import type { Migration } from "./migration.js";
import { type MigrationPlan, planMigrations } from "./plan.js";

/** Options of {@link runMigrations}. */
export interface RunMigrationsOptions {
  /** Version of the calling software; stored in the history. */
  readonly toolVersion: string;
  /** Report what would be applied and change nothing. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Applies what is missing, in order. Any number of processes may do so at once: each step is applied by exactly one.
 * A database that is up to date is left alone, without taking the lock.
 * @throws what `planMigrations` throws; `migration_failed` naming the file that failed (earlier ones stay applied);
 *   `busy` when the lock is not to be had
 */
export async function runMigrations(
  driver: MigrationDriver,
  migrations: readonly Migration[],
  options: RunMigrationsOptions,
): Promise<MigrationReport> {
  const plan = planMigrations(migrations, await driver.readHistory());
  refuseUnsupported(driver, plan.pending);
  if (options.dryRun === true || plan.pending.length === 0) {
    return report(
      plan,
      plan.pending.map((step) => stepReport(step, 0)),
    );
  }
  return driver.lock(async () => {
    // Another process may have applied everything while this one waited for its turn.
    const current = planMigrations(migrations, await driver.readHistory());
    const steps: MigrationStepReport[] = [];
    for (const step of current.pending) {
      steps.push(stepReport(step, await applyStep(driver, step, options.toolVersion)));
    }
    return report(current, steps);
  });
}

/** @returns how long it took, milliseconds */
async function applyStep(driver: MigrationDriver, step: Migration, toolVersion: string): Promise<number> {
  const start = performance.now();
  let durationMs = 0;
  const record = (state: MigrationState): MigrationRecord => {
    durationMs = state === "applied" ? Math.round(performance.now() - start) : 0;
    return {
      version: step.version,
      name: step.name,
      checksum: step.checksum,
      appliedAt: new Date(),
      durationMs,
      toolVersion,
      state,
    };
  };
  if (step.flags.has("no-transaction")) {
    await applyOutside(driver.outsideTransaction as OutsideTransaction, step, record);
  } else {
    await driver
      .applyInTransaction(step, () => record("applied"))
      .catch((error: unknown) => {
        throw stepFailed(step.name, error, "Nothing of it was kept. Remove the cause and migrate again.");
      });
  }
  return durationMs;
}

async function applyOutside(
  outside: OutsideTransaction,
  step: Migration,
  record: (state: MigrationState) => MigrationRecord,
): Promise<void> {
  const { statements } = step;
  await outside.mark(record("started"));
  for (const [index, statement] of statements.entries()) {
    try {
      await outside.execute(statement);
    } catch (error) {
      throw stepFailed(
        step.name,
        error,
        `It runs without a transaction: statements before number ${index + 1} of ${statements.length} are done. ` +
          "Remove the cause and migrate again: the step is repeated from its first statement, which its statements allow.",
      );
    }
  }
  await outside.mark(record("applied"));
}

function refuseUnsupported(driver: MigrationDriver, pending: readonly Migration[]): void {
  const step = pending.find((candidate) => candidate.flags.has("no-transaction"));
  if (step === undefined || driver.outsideTransaction !== undefined) return;
  throw invalidMigration(
    step.name,
    `is flagged no-transaction, but ${driver.name} holds its migration lock by a transaction`,
    "Remove the flag.",
  );
}

function stepReport(step: Migration, durationMs: number): MigrationStepReport {
  return { version: step.version, name: step.name, durationMs };
}

function report(plan: MigrationPlan, steps: readonly MigrationStepReport[]): MigrationReport {
  return { from: plan.from, to: steps.at(-1)?.version ?? plan.from, steps };
}
