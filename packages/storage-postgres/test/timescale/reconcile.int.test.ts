import { expect } from "vitest";
import { connect } from "../../src/driver/client/connect.js";
import { migratePostgres, postgresMigrationStatus, requireSchema, verifyPostgresSchema } from "../../src/migrate.js";
import { parseConnectionOptions } from "../../src/options.js";
import { POSTGRES_MIGRATIONS } from "../../src/schema/migrations.js";
import { readLiveState } from "../../src/timescale/live-state.js";
import { timescaleStats } from "../../src/timescale/stats.js";
import { bareDatabase, onProfiles, stopJobs, TIMESCALE_PROFILES } from "./support.js";

const DAY = 86_400_000;

async function names(report: Promise<{ steps: readonly { name: string }[] }>): Promise<string[]> {
  return (await report).steps.map(({ name }) => name);
}

onProfiles(TIMESCALE_PROFILES, "an empty database gets everything its edition has, once", async (profile) => {
  const { url, sql } = await bareDatabase(profile);
  const options = { url, schema: "My-Store" };
  const planned = await names(migratePostgres(options, { dryRun: true }));
  const { length } = POSTGRES_MIGRATIONS;
  expect(planned.slice(0, length + 1)).toEqual([
    ...POSTGRES_MIGRATIONS.map(({ name }) => name),
    "install the extension timescaledb",
  ]);
  expect((await postgresMigrationStatus(options)).pending.map(({ name }) => name)).toEqual(planned);
  expect(await sql`SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'`).toHaveLength(0);

  const applied = await names(migratePostgres(options));
  expect(applied.slice(0, planned.length - 1)).toEqual(planned.slice(0, -1));
  expect(await migratePostgres(options)).toEqual({ from: length, to: length, steps: [] });
  expect(await verifyPostgresSchema(options)).toEqual([]);
  await requireSchema(sql, parseConnectionOptions(options));

  const live = await readLiveState(sql, "My-Store", true);
  expect(live.hypertables.get("audit_events")?.chunkMs).toBe(7 * DAY);
  expect(live.hypertables.get("metrics")?.chunkMs).toBe(DAY);
  const community = profile === "timescale-community";
  expect(live.aggregates.size).toBe(0);
  expect(live.jobs.map(({ kind, on }) => `${kind} ${on}`).toSorted()).toEqual(
    community ? ["compression audit_events", "compression metrics"] : [],
  );
});

onProfiles(["timescale-community"], "lz4 is set for the owner, unless a method was chosen", async (profile) => {
  const { url, sql } = await bareDatabase(profile);
  const step = expect.stringMatching(/^let long values that .* be compressed by lz4$/);
  expect(await names(migratePostgres({ url }))).toContainEqual(step);
  const setting = async (): Promise<string> => {
    const fresh = connect({ ...parseConnectionOptions({ url }), maxConnections: 1, applicationName: "aasm test" });
    try {
      const [row] = await fresh`SELECT current_setting('default_toast_compression') AS value`;
      return row?.value;
    } finally {
      await fresh.end();
    }
  };
  expect(await setting()).toBe("lz4");
  const [database] = await sql`SELECT current_database() AS name, current_user AS role`;
  await sql.unsafe(
    `ALTER ROLE "${database?.role}" IN DATABASE "${database?.name}" SET default_toast_compression = 'pglz'`,
  );
  expect(await migratePostgres({ url })).toMatchObject({ steps: [] });
  expect(await setting()).toBe("pglz");
});

onProfiles(TIMESCALE_PROFILES, "five processes that start together do each step once", async (profile) => {
  const { url, sql } = await bareDatabase(profile);
  const reports = await Promise.all(Array.from({ length: 5 }, () => migratePostgres({ url })));
  const all = reports.flatMap(({ steps }) => steps.map(({ name }) => name));
  expect(new Set(all).size).toBe(all.length);
  expect((await readLiveState(sql, "public", true)).hypertables.size).toBe(2);
});

onProfiles(TIMESCALE_PROFILES, "changed options are picked up and needed for opening", async (profile) => {
  const { url, sql } = await bareDatabase(profile);
  await migratePostgres({ url });
  const changed = { url, chunkInterval: "1 day", compressAfter: "2 weeks" };
  await expect(requireSchema(sql, parseConnectionOptions(changed))).rejects.toMatchObject({
    code: "schema_outdated",
    message: expect.stringMatching(/aasm migrate.*chunks of audit_events span 1 day/),
  });
  await requireSchema(sql, parseConnectionOptions({ ...changed, timescaledb: "prefer" }));
  const before = await readLiveState(sql, "public", true);
  await migratePostgres(changed);
  await requireSchema(sql, parseConnectionOptions(changed));
  const after = await readLiveState(sql, "public", true);
  expect(after.hypertables.get("audit_events")?.chunkMs).toBe(DAY);
  expect(after.hypertables.get("metrics")?.chunkMs).toBe(DAY);
  expect(after.jobs.map(({ id }) => id)).toEqual(before.jobs.map(({ id }) => id));
  for (const job of after.jobs) expect(job.compressAfterMs ?? job.startOffsetMs).toBe(14 * DAY);
});

onProfiles(["timescale-community"], "policies of others are reported and left unchanged", async (profile) => {
  const { url, sql } = await bareDatabase(profile);
  await migratePostgres({ url, timescaledb: "off" });
  await sql`CREATE EXTENSION timescaledb`;
  await sql`SELECT create_hypertable('audit_events', by_range('ts', interval '7 days'), create_default_indexes => false)`;
  await sql`ALTER TABLE audit_events SET (timescaledb.compress, timescaledb.compress_segmentby = 'agent_id')`;
  await sql`SELECT add_compression_policy('audit_events', compress_after => interval '3 days')`;
  await sql`SELECT add_retention_policy('audit_events', drop_after => interval '99 days')`;
  const report = await migratePostgres({ url });
  expect(report.notes).toEqual([
    expect.stringMatching(/^job \d+ compresses chunks of audit_events; it is not ours/),
    expect.stringMatching(/^job \d+ drops chunks of audit_events; it is not ours/),
  ]);
  expect((await migratePostgres({ url, compressAfter: "5 days" })).notes).toHaveLength(2);
  const { jobs } = await readLiveState(sql, "public", true);
  const theirs = jobs.filter(({ on, kind }) => on === "audit_events" && kind === "compression");
  expect(theirs.map(({ compressAfterMs }) => compressAfterMs)).toEqual([3 * DAY]);
  expect((await timescaleStats(sql, "public")).foreignPolicies).toHaveLength(2);
});

onProfiles(["timescale-community"], "restores what was removed", async (profile) => {
  const { url, sql } = await bareDatabase(profile);
  await migratePostgres({ url });
  await stopJobs(sql);
  await sql`SELECT remove_compression_policy('metrics')`;
  expect(await names(migratePostgres({ url }))).toEqual(["compress chunks of metrics after 30 days"]);
});

onProfiles(
  ["timescale-community"],
  "our former aggregates are dropped, and those of others with their names stay",
  async (profile) => {
    const { url, sql } = await bareDatabase(profile);
    await migratePostgres({ url });
    await stopJobs(sql);
    for (const [name, source, replacement] of [
      ["metric_rollups", "metrics", "totals of metrics"],
      ["audit_counts", "audit_events", "kept counts of events"],
    ]) {
      const create = `CREATE MATERIALIZED VIEW ${name} WITH (timescaledb.continuous) AS
        SELECT time_bucket('1 hour', ts) AS bucket, agent_id, count(*) AS n FROM ${source} GROUP BY 1, agent_id WITH NO DATA`;
      await sql.unsafe(create);
      expect(await names(migratePostgres({ url }))).toEqual([]);
      await sql`INSERT INTO _aasm_timescale VALUES (${`filled ${name}`}, 'true')`;
      const step = `drop the continuous aggregate ${name}, which ${replacement} replace`;
      expect(await names(migratePostgres({ url }, { dryRun: true }))).toEqual([step]);
      expect(await names(migratePostgres({ url }))).toEqual([step]);
      expect((await readLiveState(sql, "public", true)).aggregates.has(name as string)).toBe(false);
      expect(await names(migratePostgres({ url }))).toEqual([]);
      await sql.unsafe(create);
      expect(await names(migratePostgres({ url }))).toEqual([]);
    }
  },
);
