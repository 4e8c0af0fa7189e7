import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, vi } from "vitest";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { errorCode } from "../../src/driver/errors.js";
import { migratePostgres, verifyPostgresSchema } from "../../src/migrate.js";
import { parseConnectionOptions } from "../../src/options.js";
import { type OwnDatabase, type PostgresProfile, plainDatabase } from "../setup/database.js";
import {
  bareDatabase,
  closeForCopies,
  insertEvents,
  insertSamples,
  number,
  onProfiles,
  stopJobs,
  TIMESCALE_PROFILES,
} from "./support.js";

/** Each more than is moved under one lock, and three batches: few rows, four or five of which fill a block. */
const EVENTS = 5600;
const SAMPLES = 5600;
const WIDE = 1600;
/** Long enough to be seen waiting. */
const LOCK_TIMEOUT_MS = 300;

const originals = new Map<PostgresProfile, Promise<OwnDatabase>>();
afterAll(async () => {
  for (const original of originals.values()) await (await original).drop();
});

/**
 * Migrated without regard to the extension, which is there, with rows that make up more than one batch. Making it takes
 * longer than copying it.
 */
async function filled(profile: PostgresProfile) {
  const original = originals.get(profile) ?? makeOriginal(profile);
  originals.set(profile, original);
  return bareDatabase(profile, (await original).options.url);
}

async function makeOriginal(profile: PostgresProfile): Promise<OwnDatabase> {
  const database = await plainDatabase(profile, "conversion");
  const { url } = database.options;
  await migratePostgres({ url, timescaledb: "off" });
  const sql = connect({ ...parseConnectionOptions({ url }), maxConnections: 1, applicationName: "aasm test" });
  await insertEvents(sql, EVENTS, { width: WIDE });
  await insertSamples(sql, SAMPLES, { width: WIDE });
  await sql`CREATE EXTENSION timescaledb`;
  // What is connected cannot be copied.
  await stopJobs(sql);
  await sql.end();
  await closeForCopies(profile, url);
  return database;
}

function events(sql: Sql): Promise<number> {
  return number(sql<{ n: number }[]>`SELECT count(*)::int AS n FROM audit_events`);
}

function samples(sql: Sql): Promise<number> {
  return number(sql<{ n: number }[]>`SELECT count(*)::int AS n FROM metrics`);
}

/** Blocks that were copied so far. */
async function copied(sql: Sql, table: string): Promise<number> {
  const [exists] = await sql`SELECT to_regclass('_aasm_timescale') IS NOT NULL AS state`;
  if (exists?.state !== true) return 0;
  const [row] = await sql<{ block: number }[]>`
    SELECT (value->>'block')::int AS block FROM _aasm_timescale WHERE name = ${`conversion of ${table}`}`;
  return row?.block ?? 0;
}

/** Ends the connections of a migration that is copying the table. */
async function interrupt(sql: Sql, table: string): Promise<void> {
  await vi.waitUntil(() => copied(sql, table).then((blocks) => blocks > 0), { timeout: 20_000, interval: 2 });
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'aasm migrate' AND datname = current_database()`;
}

async function interrupted(url: string, sql: Sql, table: string): Promise<void> {
  const migrating = migratePostgres({ url });
  await Promise.all([expect(migrating).rejects.toMatchObject({ retryable: true }), interrupt(sql, table)]);
}

onProfiles(
  TIMESCALE_PROFILES,
  "tables in use become hypertables: nothing is lost, nothing twice, readers see everything, writers get their turn between batches",
  async (profile) => {
    const { url, sql } = await filled(profile);
    // It comes with the conversion, as where the server gets it later.
    await sql`DROP EXTENSION timescaledb`;
    let done = false;
    let written = 0;
    const between = new Set<number>();
    const seen = new Set<number>();
    const write = async (name: string): Promise<void> => {
      while (!done) {
        await sql`
          INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision)
          SELECT now() - i * interval '1 hour', now(), gen_random_uuid(), false, ${name}::text, 'x', 'allow'
          FROM generate_series(1, 10) i ON CONFLICT DO NOTHING`;
        await sql`INSERT INTO metrics (ts, value, metric, labels) VALUES (now(), 1, 'live', '{}')`;
        written++;
        between.add(await copied(sql, "audit_events"));
        await sleep(5);
      }
    };
    const read = async (): Promise<void> => {
      while (!done) {
        seen.add(
          await number(sql<{ n: number }[]>`
            SELECT (SELECT count(*) FROM audit_events WHERE agent_id = 'agent-7')::int
              + (SELECT count(*) FROM metrics WHERE metric = 'metric-1')::int AS n`),
        );
        await sleep(20);
      }
    };
    const expectedRead = await number(sql<{ n: number }[]>`
      SELECT (SELECT count(*) FROM audit_events WHERE agent_id = 'agent-7')::int
        + (SELECT count(*) FROM metrics WHERE metric = 'metric-1')::int AS n`);
    const traffic = [write("writer-1"), write("writer-2"), read()];
    const report = await migratePostgres({ url, lockTimeoutMs: LOCK_TIMEOUT_MS }).finally(() => {
      done = true;
    });
    await Promise.all(traffic);

    expect(report.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^convert audit_events \(about [\d,]+ rows\) to a hypertable with chunks of 7 days$/),
        expect.stringMatching(/^convert metrics \(about [\d,]+ rows\) to a hypertable with chunks of 1 day$/),
      ]),
    );
    expect([...seen]).toEqual([expectedRead]);
    expect(written).toBeGreaterThan(0);
    // Writers had their turn after one batch and after another; 0 stands for before and after all of them.
    expect([...between].filter((blocks) => blocks > 0).length).toBeGreaterThan(1);
    expect(await events(sql)).toBe(EVENTS + written * 10);
    expect(await number(sql<{ n: number }[]>`SELECT count(DISTINCT seq)::int AS n FROM audit_events`)).toBe(
      EVENTS + written * 10,
    );
    expect(await samples(sql)).toBe(SAMPLES + written);
    expect(await verifyPostgresSchema({ url })).toEqual([]);
    expect(await sql`SELECT nspname FROM pg_namespace WHERE nspname LIKE '\\_aasm%'`).toEqual([]);
    expect(await sql`SELECT pg_get_serial_sequence('audit_events', 'seq') AS s`).toEqual([
      { s: "public.audit_events_seq" },
    ]);
  },
  300_000,
);

onProfiles(
  TIMESCALE_PROFILES,
  "a conversion that was interrupted goes on where it was; meanwhile inserts are mirrored and deletes refused",
  async (profile) => {
    const { url, sql } = await filled(profile);
    await interrupted(url, sql, "audit_events");
    const before = await copied(sql, "audit_events");
    expect(before).toBeGreaterThan(0);
    await insertEvents(sql, 10);
    const refused = await sql`DELETE FROM audit_events`.catch((error: unknown) => error);
    expect(errorCode(refused)).toBe("55006");
    await interrupted(url, sql, "metrics");
    await insertSamples(sql, 10);
    await migratePostgres({ url });
    expect(await events(sql)).toBe(EVENTS + 10);
    expect(await samples(sql)).toBe(SAMPLES + 10);
    expect(await verifyPostgresSchema({ url })).toEqual([]);
    if (profile === "timescale-community") await stopJobs(sql);
    await sql`DELETE FROM metrics WHERE metric = 'metric-1'`;
  },
  300_000,
);

onProfiles(
  ["timescale-apache"],
  "an old table that was rewritten in between is copied anew, and switching the extension off gives the copy up",
  async (profile) => {
    const { url, sql } = await filled(profile);
    await interrupted(url, sql, "metrics");
    await sql`VACUUM FULL metrics`;
    await migratePostgres({ url });
    expect(await samples(sql)).toBe(SAMPLES);

    const other = await filled(profile);
    await interrupted(other.url, other.sql, "metrics");
    const off = await migratePostgres({ url: other.url, timescaledb: "off" });
    expect(off.steps.map(({ name }) => name)).toEqual(["give up the unfinished conversion of metrics to a hypertable"]);
    expect(await samples(other.sql)).toBe(SAMPLES);
    expect(await verifyPostgresSchema({ url: other.url })).toEqual([]);
    await other.sql`DELETE FROM metrics`;
  },
  300_000,
);

onProfiles(
  ["timescale-apache"],
  "a role that may only write can, before, during and after a conversion",
  async (profile) => {
    const { url, sql } = await filled(profile);
    const role = `aasm_test_writer_${Math.random().toString(36).slice(2)}`;
    await sql.unsafe(`CREATE ROLE ${role}`);
    const write = () =>
      sql.begin(async (transaction) => {
        await transaction.unsafe(`SET LOCAL ROLE ${role}`);
        await transaction`INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision)
          VALUES (now(), now(), gen_random_uuid(), false, 'a', 'x', 'allow')`;
      });
    try {
      await sql.unsafe(`
        GRANT INSERT, SELECT ON audit_events TO ${role}; GRANT USAGE, SELECT ON SEQUENCE audit_events_seq TO ${role}`);
      await write();
      await interrupted(url, sql, "audit_events");
      await write();
      await migratePostgres({ url });
      await write();
      expect(await events(sql)).toBe(EVENTS + 3);
    } finally {
      await sql.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  },
  300_000,
);

onProfiles(["timescale-apache"], "grants, triggers and indexes of others come along", async (profile) => {
  const { url, sql } = await filled(profile);
  const role = `aasm_test_writer_${Math.random().toString(36).slice(2)}`;
  await sql.unsafe(`CREATE ROLE ${role}`);
  try {
    await sql.unsafe(`GRANT INSERT, SELECT ON audit_events TO ${role}; GRANT UPDATE (tool) ON audit_events TO ${role}`);
    await sql.unsafe("CREATE INDEX theirs ON audit_events ((payload->>'n'), ts) WHERE team_id IS NULL");
    await sql.unsafe(`
      CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER theirs BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION theirs()`);
    const shape = () => sql`
      SELECT (SELECT array_agg(pg_get_triggerdef(oid) ORDER BY tgname)::text FROM pg_trigger
          WHERE tgrelid = 'audit_events'::regclass AND NOT tgisinternal AND tgname NOT LIKE 'ts\\_%') AS triggers,
        (SELECT array_agg(pg_get_indexdef(indexrelid) ORDER BY indexrelid::regclass::text)::text FROM pg_index
          WHERE indrelid = 'audit_events'::regclass) AS indexes,
        (SELECT relacl::text FROM pg_class WHERE oid = 'audit_events'::regclass) AS grants,
        (SELECT attacl::text FROM pg_attribute WHERE attrelid = 'audit_events'::regclass AND attname = 'tool') AS tool`;
    const before = await shape();
    await migratePostgres({ url });
    expect(await shape()).toEqual(before);
  } finally {
    await sql.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

onProfiles(
  ["timescale-apache"],
  "a table that a view depends on is left as it is, and the view is named",
  async (profile) => {
    const { url, sql } = await filled(profile);
    await sql`CREATE VIEW theirs AS SELECT ts FROM audit_events`;
    await expect(migratePostgres({ url })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("view theirs"),
    });
    await sql`DROP VIEW theirs`;
    await migratePostgres({ url });
  },
);

onProfiles(
  ["timescale-apache"],
  "a reader that keeps the table for long delays the change of places, not the writers",
  async (profile) => {
    const { url, sql } = await filled(profile);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun = (): void => undefined;
    const reads = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const reading = sql.begin(async (transaction) => {
      await transaction`SELECT 1 FROM audit_events LIMIT 1`;
      begun();
      await released;
    });
    await reads;
    let done = false;
    const migrating = migratePostgres({ url, lockTimeoutMs: LOCK_TIMEOUT_MS }).finally(() => {
      done = true;
    });
    const waits = () => migrationWaits(sql);
    // Three attempts to change places, and after each of them writers get their turn, while the reader is still there.
    for (let attempt = 0; attempt < 3; attempt++) {
      await vi.waitUntil(waits, { timeout: 30_000, interval: 5 });
      await insertEvents(sql, 1);
      await vi.waitUntil(async () => !(await waits()), { timeout: 30_000, interval: 5 });
      expect(done).toBe(false);
    }
    release();
    await Promise.all([migrating, reading]);
    expect(await events(sql)).toBe(EVENTS + 3);
  },
  300_000,
);

/** Whether the migration waits for a lock, behind which writers queue. */
async function migrationWaits(sql: Sql): Promise<boolean> {
  const rows = await sql`
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'aasm migrate' AND wait_event_type = 'Lock'`;
  return rows.length > 0;
}
