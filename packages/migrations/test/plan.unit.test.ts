import { StorageError } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import {
  type Migration,
  type MigrationRecord,
  type MigrationState,
  parseMigration,
  planMigrations,
} from "../src/index.js";

const steps = ["0001_a", "0002_b", "0003_c"].map((name) => parseMigration(`${name}.sql`, `SELECT '${name}';`));

const recordOf = (step: Migration, state: MigrationState = "applied"): MigrationRecord => ({
  version: step.version,
  name: step.name,
  checksum: step.checksum,
  appliedAt: new Date(0),
  durationMs: 1,
  toolVersion: "1.2.3",
  state,
});

const [first, second, third] = steps.map((step) => recordOf(step)) as [
  MigrationRecord,
  MigrationRecord,
  MigrationRecord,
];

const refusal = (available: readonly Migration[], history: readonly MigrationRecord[]): [string, string] => {
  try {
    planMigrations(available, history);
  } catch (error) {
    if (error instanceof StorageError) return [error.code, error.message];
    throw error;
  }
  return ["", ""];
};

describe("planMigrations", () => {
  it("plans everything for an empty database, in order", () => {
    const plan = planMigrations(steps.toReversed(), []);
    expect(plan).toMatchObject({ from: 0, to: 3, resumes: false });
    expect(plan.pending.map((step) => step.version)).toEqual([1, 2, 3]);
  });

  it("plans what is missing, whatever the order of the history", () => {
    expect(planMigrations(steps, [second, first]).pending.map((step) => step.name)).toEqual(["0003_c.sql"]);
  });

  it("plans nothing for a current database", () => {
    expect(planMigrations(steps, [first, second, third])).toEqual({ from: 3, to: 3, pending: [], resumes: false });
  });

  it("resumes a step that was started, even when it was corrected meanwhile", () => {
    const plan = planMigrations(steps, [first, { ...second, state: "started", checksum: "0" }]);
    expect(plan).toMatchObject({ from: 1, resumes: true });
    expect(plan.pending.map((step) => step.version)).toEqual([2, 3]);
  });

  it("refuses a database that was made by a replaced migration, even when that one had successors", () => {
    const folded = parseMigration("0001_all.sql", `--! replaces ${first.checksum}\n--! breaking\nSELECT 1;`);
    for (const history of [[first], [first, second, third]]) {
      expect(refusal([folded], history)).toEqual([
        "migration_failed",
        "migration 0001_all.sql replaces the migration that created this database, so the database cannot be migrated. " +
          "Export its data with the version or checkout of this software that created it (1.2.3), then import it into a new " +
          "database with this version.",
      ]);
    }
    expect(planMigrations([folded], [recordOf(folded)]).pending).toEqual([]);
  });

  it("refuses a database newer than the code", () => {
    const [code, message] = refusal(steps.slice(0, 2), [first, second, third]);
    expect(code).toBe("schema_newer");
    expect(message).toContain("the schema has version 3 (0003_c.sql), written by version 1.2.3");
    expect(message).toContain("Upgrade this software");
  });

  it("refuses an edited migration by name", () => {
    expect(refusal(steps, [first, { ...second, checksum: "0" }])).toEqual([
      "migration_failed",
      expect.stringContaining("migration 0002_b.sql was edited after it was applied"),
    ]);
  });

  it("refuses a gap in the files", () => {
    expect(refusal([steps[0], steps[2]] as Migration[], [])[1]).toContain(
      "0003_c.sql follows a gap: version 2 is missing",
    );
  });

  it("refuses two files of one version", () => {
    const twin = parseMigration("0002_z.sql", "SELECT 1;");
    expect(refusal([...steps, twin], [])[1]).toContain("0002_z.sql has the version of 0002_b.sql");
  });

  it("refuses a gap in the history", () => {
    expect(refusal(steps, [first, third])[1]).toContain("0003_c.sql is recorded although version 2 is not");
  });

  it("refuses an unfinished step below an applied one", () => {
    expect(refusal(steps, [first, { ...second, state: "started" }, third])[1]).toContain(
      "0002_b.sql is recorded as unfinished",
    );
  });
});
