import { expect } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { capabilitiesOf } from "../../src/capabilities.js";
import { migratePostgres, postgresMigrationStatus } from "../../src/migrate.js";
import { POSTGRES_MIGRATIONS } from "../../src/schema/migrations.js";
import { probeProfile } from "../../src/timescale/profile.js";
import { bareDatabase, onProfiles, TIMESCALE_PROFILES } from "./support.js";

onProfiles(["postgres", "postgres-15"], "a database without the extension has no edition", async (profile) => {
  const { sql } = await bareDatabase(profile);
  const found = await probeProfile(sql);
  expect(found).toEqual({ edition: "none", reason: expect.stringContaining("not installed") });
  const capabilities = capabilitiesOf(found, { timescaledb: "prefer" });
  for (const name of ["partitions", "compression"] as const) {
    expect(capabilities[name]).toEqual({ status: "unsupported", reason: expect.stringContaining("not installed") });
  }
  expect(capabilities.durability.status).toBe("supported");
});

onProfiles(TIMESCALE_PROFILES, "the edition is found by trying, wherever the extension is", async (profile) => {
  const { sql } = await bareDatabase(profile);
  await sql`CREATE SCHEMA "ts schema"`;
  await sql`CREATE EXTENSION timescaledb SCHEMA "ts schema"`;
  const found = await probeProfile(sql);
  expect(found).toMatchObject({
    edition: profile.slice("timescale-".length),
    version: expect.stringMatching(/^2\./),
    extensionSchema: "ts schema",
  });
  const community = profile === "timescale-community";
  expect(found.reason === undefined).toBe(community);
  const { partitions, compression } = capabilitiesOf(found, { timescaledb: "require" });
  expect(partitions.status).toBe("supported");
  expect(compression.status).toBe(community ? "supported" : "unsupported");
  expect(capabilitiesOf(found, { timescaledb: "off" }).partitions).toMatchObject({
    reason: expect.stringContaining("off"),
  });
});

onProfiles(
  ["postgres-15"],
  "requiring the extension where there is none changes nothing and says what to do",
  async (profile) => {
    const { url, sql } = await bareDatabase(profile);
    const refusal = { code: "unsupported", message: expect.stringMatching(/shared_preload_libraries.*"prefer"/) };
    await expect(migratePostgres({ url })).rejects.toMatchObject(refusal);
    await expect(postgresMigrationStatus({ url })).rejects.toMatchObject(refusal);
    expect(await sql`SELECT 1 FROM pg_class WHERE relname = 'audit_events'`).toHaveLength(0);
    const report = await migratePostgres({ url, timescaledb: "prefer" });
    const steps = report.steps.map(({ name }) => name);
    expect(steps).toEqual(POSTGRES_MIGRATIONS.map(({ name }) => name));
    expect(report.notes).toEqual([expect.stringContaining("TimescaleDB is not used")]);
    expect((await migratePostgres({ url, timescaledb: "off" })).notes).toBeUndefined();
  },
);

onProfiles(
  ["timescale-apache"],
  "a role that may not install the extension runs without it where that is allowed, and is told what to do",
  async (profile) => {
    const { url, sql } = await bareDatabase(profile);
    const role = `aasm_test_owner_${Math.random().toString(36).slice(2)}`;
    await sql.unsafe(`CREATE ROLE ${role} LOGIN; CREATE SCHEMA own AUTHORIZATION ${role}`);
    try {
      const as = new URL(url);
      as.username = role;
      const options = { url: as.href, schema: "own" };
      const refusal = { code: "unsupported", message: expect.stringContaining("CREATE EXTENSION timescaledb") };
      await expect(migratePostgres(options)).rejects.toMatchObject(refusal);
      await expect(openPostgresStorage(options), "both refusals at once").rejects.toMatchObject({
        code: "schema_outdated",
        option: "options.timescaledb",
        message: expect.stringMatching(
          /the schema has version 0, .*; and TimescaleDB is required, but .*"prefer" to run without .*\. Then run "aasm migrate"/,
        ),
      });
      await expect(openPostgresStorage({ ...options, timescaledb: "off" })).rejects.toMatchObject({
        option: undefined,
      });
      const report = await migratePostgres({ ...options, timescaledb: "prefer" });
      expect(report.notes).toEqual([expect.stringContaining("a superuser must run CREATE EXTENSION timescaledb")]);
      const storage = await openPostgresStorage({ ...options, timescaledb: "prefer" });
      const health = await storage.health();
      await storage.close();
      expect(health).toMatchObject({ status: "ok", problems: [], notes: [expect.stringContaining("not installed")] });
      await sql`CREATE EXTENSION timescaledb`;
      expect((await migratePostgres({ ...options, timescaledb: "prefer" })).steps).toHaveLength(2);
    } finally {
      await sql.unsafe(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    }
  },
);
