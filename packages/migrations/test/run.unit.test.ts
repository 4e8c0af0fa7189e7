import { StorageError } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import { migrationStatus, parseMigration, requireCurrent, runMigrations } from "../src/index.js";
import { FakeDatabase, FakeDriver } from "./support/fake-driver.js";

const BREAKPOINT = ";\n--> statement-breakpoint\n";
const a = parseMigration("0001_a.sql", "CREATE a;");
const b = parseMigration("0002_b.sql", "CREATE b;");
const bad = parseMigration("0002_bad.sql", "FAIL here;");
const outside = parseMigration(
  "0002_index.sql",
  `--! no-transaction\n--! breaking\n${["DROP i", "CREATE i", "REFRESH i"].join(BREAKPOINT)}`,
);
const toolVersion = "9.9.9";

const failureOf = async (work: Promise<unknown>): Promise<StorageError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StorageError) return error;
  throw new Error("expected a StorageError");
};

describe("runMigrations", () => {
  it("applies what is missing and records it", async () => {
    const database = new FakeDatabase();
    const report = await runMigrations(new FakeDriver(database), [b, a], { toolVersion });
    expect(report).toMatchObject({ from: 0, to: 2, steps: [{ name: "0001_a.sql" }, { name: "0002_b.sql" }] });
    expect(database.executed).toEqual(["CREATE a;", "CREATE b;"]);
    expect(database.history.get(2)).toMatchObject({
      name: b.name,
      checksum: b.checksum,
      toolVersion,
      state: "applied",
    });
  });

  it("takes no lock when there is nothing to do", async () => {
    const database = new FakeDatabase();
    await runMigrations(new FakeDriver(database), [a], { toolVersion });
    expect(await runMigrations(new FakeDriver(database), [a], { toolVersion })).toEqual({ from: 1, to: 1, steps: [] });
    expect(database.locksTaken).toBe(1);
  });

  it("changes nothing in a dry run, and says what it would do", async () => {
    const database = new FakeDatabase();
    const report = await runMigrations(new FakeDriver(database), [a, b], { toolVersion, dryRun: true });
    expect(report.steps).toEqual([
      { version: 1, name: "0001_a.sql", durationMs: 0 },
      { version: 2, name: "0002_b.sql", durationMs: 0 },
    ]);
    expect([database.executed, database.history.size, database.locksTaken]).toEqual([[], 0, 0]);
  });

  it("applies each step once when ten start together", async () => {
    const database = new FakeDatabase();
    const reports = await Promise.all(
      Array.from({ length: 10 }, () => runMigrations(new FakeDriver(database), [a, b], { toolVersion })),
    );
    expect(database.executed).toEqual(["CREATE a;", "CREATE b;"]);
    expect(reports.filter((report) => report.steps.length === 2)).toHaveLength(1);
    expect(reports.every((report) => report.to === 2)).toBe(true);
  });

  it("keeps the steps before a failing one and names the file, the reason and the remedy", async () => {
    const database = new FakeDatabase();
    const error = await failureOf(runMigrations(new FakeDriver(database), [a, bad], { toolVersion }));
    expect(error.code).toBe("migration_failed");
    expect(error.message).toBe(
      'migration 0002_bad.sql failed: syntax error at or near "FAIL". Nothing of it was kept. Remove the cause and migrate again.',
    );
    expect([...database.history.keys()]).toEqual([1]);
  });

  it("lets a full disk be a full disk", async () => {
    const driver = new FakeDriver(new FakeDatabase());
    driver.failure = new StorageError({ code: "full", message: "no space" });
    expect((await failureOf(runMigrations(driver, [a], { toolVersion }))).code).toBe("full");
  });

  it("runs a no-transaction step statement by statement", async () => {
    const database = new FakeDatabase();
    await runMigrations(new FakeDriver(database), [a, outside], { toolVersion });
    expect(database.executed).toEqual(["CREATE a;", "DROP i;", "CREATE i;", "REFRESH i"]);
    expect(database.history.get(2)?.state).toBe("applied");
  });

  it("resumes an interrupted no-transaction step from its first statement", async () => {
    const database = new FakeDatabase();
    const broken = parseMigration(outside.name, `--! no-transaction\nDROP i${BREAKPOINT}FAIL i`);
    const error = await failureOf(runMigrations(new FakeDriver(database), [a, broken], { toolVersion }));
    expect(error.message).toContain("statements before number 2 of 2 are done");
    expect(error.message).toContain("repeated from its first statement");
    expect(database.history.get(2)?.state).toBe("started");
    const report = await runMigrations(new FakeDriver(database), [a, outside], { toolVersion });
    expect(report).toMatchObject({ from: 1, to: 2 });
    expect(database.executed.slice(1)).toEqual(["DROP i;", "DROP i;", "CREATE i;", "REFRESH i"]);
    expect(database.history.get(2)).toMatchObject({ state: "applied", checksum: outside.checksum });
  });

  it("refuses a no-transaction step before anything runs where the driver has no way to apply it", async () => {
    const database = new FakeDatabase();
    const driver = new FakeDriver(database, { outsideTransaction: false });
    const error = await failureOf(runMigrations(driver, [a, outside], { toolVersion }));
    expect(error.message).toContain("0002_index.sql is flagged no-transaction, but FakeDB");
    expect(database.executed).toEqual([]);
  });
});

describe("migrationStatus", () => {
  it("tells an outdated database and what is pending", async () => {
    const database = new FakeDatabase();
    await runMigrations(new FakeDriver(database), [a], { toolVersion });
    const status = await migrationStatus(new FakeDriver(database), [a, outside]);
    expect(status).toMatchObject({ state: "outdated", version: 1, latest: 2 });
    expect(status.pending).toEqual([{ version: 2, name: outside.name, breaking: true, transactional: false }]);
    expect(() => requireCurrent(status, { kind: "FakeDB", place: "test" })).toThrow(
      'FakeDB test: the schema has version 1, and this software needs version 2. Run "aasm migrate" to apply 0002_index.sql.',
    );
  });

  it("reports a refusal instead of throwing it", async () => {
    const database = new FakeDatabase();
    await runMigrations(new FakeDriver(database), [a, b], { toolVersion });
    const status = await migrationStatus(new FakeDriver(database), [a]);
    expect(status).toMatchObject({ state: "refused", version: 2, latest: 1, pending: [] });
    expect(status.problem?.code).toBe("schema_newer");
    expect(() => requireCurrent(status, { kind: "FakeDB" })).toThrow("Upgrade this software");
  });

  it("accepts a current database", async () => {
    const database = new FakeDatabase();
    await runMigrations(new FakeDriver(database), [a], { toolVersion });
    const status = await migrationStatus(new FakeDriver(database), [a]);
    expect(status.state).toBe("current");
    expect(() => requireCurrent(status, { kind: "FakeDB" })).not.toThrow();
  });
});
