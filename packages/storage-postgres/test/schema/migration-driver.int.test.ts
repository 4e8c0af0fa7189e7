import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { migrationStatus, parseMigration, runMigrations } from "@agent-assembly/migrations";
import { builtProgram } from "@agent-assembly/test-programs";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { migratePostgres, postgresMigrationStatus } from "../../src/migrate.js";
import { parsePostgresOptions } from "../../src/options.js";
import { PostgresMigrationDriver } from "../../src/schema/migration-driver.js";
import { emptyDatabase, type PostgresProfile } from "../setup/database.js";

const PROGRAM = await builtProgram(new URL("../programs/migrate.mjs", import.meta.url));
const INSTANCES = 10;

function clientOn(url: string): Sql {
  return connect({ ...parsePostgresOptions({ url }), maxConnections: 3, applicationName: "aasm test" });
}

describe("ten processes that migrate an empty database at once", () => {
  for (const profile of ["postgres", "timescale-apache", "timescale-community"] satisfies PostgresProfile[]) {
    it(...needing(profile, `apply each step once: ${profile}`, { timeout: 300_000 }), async () => {
      await using database = await emptyDatabase(profile, "ten");
      const { url, timescaledb } = database.options;
      const runs = await Promise.all(Array.from({ length: INSTANCES }, () => migrateInProcess(url, timescaledb)));
      expect(runs.map(({ code, errors }) => ({ code, errors }))).toEqual(runs.map(() => ({ code: 0, errors: "" })));
      const applied = runs.flatMap(({ steps }) => steps);
      expect(applied).toContain("0001_initial.sql");
      expect(applied.toSorted()).toEqual([...new Set(applied)].toSorted());
    });
  }
});

it(...needing("postgres", "a schema from before the first release is refused, and stays as it was"), async () => {
  await using database = await emptyDatabase("postgres", "before");
  const options = database.options;
  await migratePostgres(options);
  const sql = clientOn(options.url);
  try {
    await sql`DELETE FROM aasm_migrations WHERE version > 1`;
    await sql`UPDATE aasm_migrations SET checksum = 'ca41f1d19998a8b66760ba207135146d71f849afa50931c80c9ed82e663db208'`;
    await sql`
        INSERT INTO aasm_migrations
        SELECT version + 1, '0002_metric_totals.sql', 'x', applied_at, 0, '0.0.0', state FROM aasm_migrations`;
    const before = await sql`SELECT * FROM aasm_migrations ORDER BY version`;
    const refused = {
      code: "migration_failed",
      message: expect.stringMatching(
        /0001_initial\.sql replaces .* Export its data .* checkout .* import it into a new/,
      ),
    };
    for (const migrate of ["check", "auto"] as const) {
      await expect(openPostgresStorage({ ...options, migrate })).rejects.toMatchObject(refused);
    }
    await expect(migratePostgres(options, { dryRun: true })).rejects.toMatchObject(refused);
    expect(await postgresMigrationStatus(options)).toMatchObject({ state: "refused", problem: refused });
    expect(await sql`SELECT * FROM aasm_migrations ORDER BY version`).toEqual(before);
  } finally {
    await sql.end({ timeout: 1 });
  }
});

/** Statements that may be repeated, as those of every such step must be. */
const STEPS = (seconds: number) => [
  parseMigration("0001_table.sql", "CREATE TABLE numbers (n integer);"),
  parseMigration(
    "0002_index.sql",
    `--! no-transaction
     CREATE INDEX CONCURRENTLY IF NOT EXISTS numbers_n ON numbers (n);
     --> statement-breakpoint
     SELECT pg_sleep(${seconds});
     --> statement-breakpoint
     CREATE TABLE IF NOT EXISTS after_index (n integer);`,
  ),
];

describe("a step outside a transaction whose process is gone in the middle", () => {
  it(...needing("postgres", "is found started, and resumed by the next run"), async () => {
    await using database = await emptyDatabase("postgres", "resume");
    const { url } = database.options;
    const first = clientOn(url);
    const driver = new PostgresMigrationDriver(first, { schema: "public", lockTimeoutMs: 5000 });
    const interrupted = runMigrations(driver, STEPS(20), { toolVersion: "test" });
    interrupted.catch(() => undefined);
    const watcher = clientOn(url);
    try {
      await untilSleeping(watcher);
      // What the server sees of a process that was killed: all its connections end.
      await watcher`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
      await expect(interrupted).rejects.toMatchObject({ code: expect.any(String) });

      const next = new PostgresMigrationDriver(watcher, { schema: "public", lockTimeoutMs: 5000 });
      // The step may be corrected until it is through.
      expect(await migrationStatus(next, STEPS(0))).toMatchObject({ state: "outdated", version: 1 });
      const report = await runMigrations(next, STEPS(0), { toolVersion: "test" });
      expect(report).toMatchObject({ from: 1, to: 2 });
      expect(await watcher`SELECT count(*)::int AS n FROM after_index`).toEqual([{ n: 0 }]);
      expect(await migrationStatus(next, STEPS(0))).toMatchObject({ state: "current", version: 2 });
    } finally {
      await first.end({ timeout: 1 });
      await watcher.end({ timeout: 1 });
    }
  });
});

async function untilSleeping(sql: Sql): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const found = await sql`
      SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()`;
    if (found.length > 0) return;
    await sleep(50);
  }
  throw new Error("the step never came to its second statement");
}

async function migrateInProcess(
  url: string,
  timescaledb: string,
): Promise<{ code: number | null; errors: string; steps: string[] }> {
  const child = spawn(process.execPath, [PROGRAM, url, timescaledb]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, errors, steps: code === 0 ? (JSON.parse(output) as string[]) : [] };
}
