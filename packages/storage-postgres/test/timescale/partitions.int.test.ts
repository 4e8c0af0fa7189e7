import { setTimeout as sleep } from "node:timers/promises";
import type { Partition } from "@agent-assembly/storage-core";
import { expect, onTestFinished, vi } from "vitest";
import { selectFirst } from "../../src/audit/filter-sql.js";
import { openPostgresStorage } from "../../src/backend.js";
import type { Sql } from "../../src/driver/pool.js";
import { migratePostgres } from "../../src/migrate.js";
import { timescaleStats } from "../../src/timescale/stats.js";
import {
  bareDatabase,
  insertEvents,
  insertSamples,
  onProfiles,
  stopJobs,
  TIMESCALE_PROFILES,
  waitingForLocks,
} from "./support.js";

const DAY = 86_400_000;

/** A store with hypertables, whose jobs do not run. */
async function store(profile: Parameters<typeof bareDatabase>[0], options: object = {}) {
  const { url, sql } = await bareDatabase(profile);
  await sql`CREATE EXTENSION timescaledb`;
  await stopJobs(sql);
  const backend = await openPostgresStorage({ url, migrate: "auto", ...options });
  onTestFinished(() => backend.close());
  return { sql, url, backend, partitions: backend.partitions };
}

/** 20,000 events, one a minute, that begin with a chunk some 40 days ago and fill two. */
async function insertOld(sql: Sql, agent = "old"): Promise<void> {
  await sql`
    INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision, payload)
    SELECT date_bin('7 days', now() - interval '40 days', '1970-01-01') + i * interval '1 minute', now(),
      ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, false, ${agent}::text || i % 7, 'tool_call', 'allow',
      jsonb_build_object('n', i)
    FROM generate_series(1, 20000) i ON CONFLICT DO NOTHING`;
}

onProfiles(["timescale-community"], "compressed chunks are warm, smaller, and hold the same", async (profile) => {
  const { sql, partitions, backend } = await store(profile);
  await insertOld(sql);
  const before = await partitions.list("audit");
  const [first] = before as [Partition];
  const compressed = await partitions.compress(first);
  expect(compressed).toMatchObject({ id: first.id, tier: "warm", rows: first.rows });
  expect(compressed.bytes).toBeLessThan(first.bytes / 4);
  expect(await partitions.compress(compressed)).toEqual(compressed);
  expect(await partitions.list("audit")).toEqual([compressed, ...before.slice(1)]);
  let read = 0;
  let last = "";
  for await (const { ts, eventId } of partitions.read(compressed)) {
    const key = `${ts.toISOString()} ${eventId}`;
    expect(key > last).toBe(true);
    last = key;
    read++;
  }
  expect(read).toBe(first.rows);
  const stats = await timescaleStats(sql, "public");
  expect(stats).toMatchObject({ chunks: before.length, compressedChunks: 1, oldestChunk: first.from, failedJobs: [] });
  expect(stats.compressionRatio).toBeGreaterThan(4);
  expect(backend.capabilities.compression.status).toBe("supported");

  // What is delivered again, or anew, into a compressed chunk.
  await insertOld(sql);
  await insertOld(sql, "other content under the same keys ");
  expect((await partitions.list("audit"))[0]).toMatchObject({ rows: first.rows, tier: "warm" });
  const fresh = { ts: new Date(first.from.getTime() + 5), agentId: "late", action: "a", decision: "allow" };
  expect((await backend.audit.append([{ ...fresh, eventId: "00000000-0000-4000-9000-000000000001" }])).inserted).toBe(
    1,
  );
  const again = await partitions.compress(first);
  expect(again).toMatchObject({ rows: first.rows + 1, tier: "warm" });
  expect(await partitions.drop(again, { expect: { rows: first.rows + 1 } })).toEqual({ rows: first.rows + 1 });
  expect((await partitions.list("audit")).map(({ id }) => id)).toEqual(before.slice(1).map(({ id }) => id));
});

onProfiles(
  ["timescale-community"],
  "a page of one agent is read from compressed chunks without sorting",
  async (profile) => {
    const { url, sql } = await bareDatabase(profile);
    await migratePostgres({ url });
    // In one chunk, since a sort of the few rows of a chunk that has just begun is no harm.
    const middle = new Date(Math.floor(Date.now() / (7 * DAY)) * 7 * DAY - 3 * DAY);
    await insertEvents(sql, 20_000, { newest: middle });
    await sql`SELECT compress_chunk(c) FROM show_chunks('audit_events') AS c`;
    await sql`ANALYZE audit_events`;
    for (const order of ["newest", "oldest"] as const) {
      const texts = [{ field: "agentId", values: ["agent-7"] }] as const;
      const filter = { from: undefined, to: undefined, texts, dryRun: undefined, payload: [] };
      const { text, values } = selectFirst({ table: "audit_events", filter, order, after: undefined }, 100, 0);
      const plan = await sql.unsafe(`EXPLAIN ${text}`, [...values]);
      const lines = plan.map((row) => String(row["QUERY PLAN"])).join("\n");
      expect(lines).toMatch(/(ColumnarScan|DecompressChunk)/);
      expect(lines).not.toMatch(/\bSort\b/);
    }
  },
);

onProfiles(
  ["timescale-community"],
  "redelivery of whole batches into a compressed chunk is told from new events",
  async (profile) => {
    const { partitions, backend } = await store(profile, { limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
    const start = Math.floor(Date.now() / DAY) * DAY - 60 * DAY;
    const batch = Array.from({ length: 1500 }, (_, n) => ({
      ts: new Date(start + n * 1000),
      eventId: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
      agentId: `agent-${n % 50}`,
      action: "tool_call",
      decision: "allow",
      payload: { n },
    }));
    expect((await backend.audit.append(batch.slice(0, 1000))).inserted).toBe(1000);
    const [partition] = (await partitions.list("audit")) as [Partition];
    await partitions.compress(partition);
    const result = await backend.audit.append(batch);
    expect(result).toMatchObject({ inserted: 500, duplicates: 1000, rejected: [] });
    const changed = await backend.audit.append([{ ...(batch[7] as object), agentId: "x" } as never]);
    expect(changed.rejected.map(({ code }) => code)).toEqual(["conflict"]);
    expect((await partitions.list("audit"))[0]?.rows).toBe(1500);
  },
);

onProfiles(["timescale-apache", "postgres"], "compressing says why it cannot", async (profile) => {
  const { url, sql } = await bareDatabase(profile);
  const timescaledb = profile === "postgres" ? "off" : "require";
  const backend = await openPostgresStorage({ url, migrate: "auto", timescaledb });
  onTestFinished(() => backend.close());
  await insertEvents(sql, 10);
  const [partition] = (await backend.partitions.list("audit")) as [Partition];
  const message = expect.stringMatching(profile === "postgres" ? /timescaledb is off/ : /Apache edition/);
  await expect(backend.partitions.compress(partition)).rejects.toMatchObject({ code: "unsupported", message });
});

onProfiles(
  ["timescale-community"],
  "the policy compresses by itself",
  async (profile) => {
    const { url, sql } = await bareDatabase(profile);
    await migratePostgres({ url });
    await insertOld(sql);
    // The first run may have come before the rows.
    await sql`SELECT alter_job(job_id, next_start => now()) FROM timescaledb_information.jobs WHERE job_id >= 1000`;
    await vi.waitUntil(async () => (await timescaleStats(sql, "public")).compressedChunks > 0, {
      timeout: 45_000,
      interval: 250,
    });
    await sleep(1000);
    await stopJobs(sql);
    expect((await timescaleStats(sql, "public")).failedJobs).toEqual([]);
  },
  300_000,
);

onProfiles(
  TIMESCALE_PROFILES,
  "drops the whole chunk, or nothing when rows were inserted meanwhile",
  async (profile) => {
    const { sql, partitions } = await store(profile);
    await insertOld(sql);
    const [first, second] = (await partitions.list("audit")) as [Partition, Partition];
    const at = new Date(first.from.getTime() + 1).toISOString();
    const late = (id: number) => sql`
    INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision)
    VALUES (${at}::timestamptz, now(), ${`00000000-0000-4000-9000-${String(id).padStart(12, "0")}`}::uuid, false, 'l', 'x', 'allow')`;

    // A transaction that has inserted and not committed is waited for, and then counted.
    let commit = (): void => undefined;
    const committed = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let inserted = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      inserted = resolve;
    });
    const inserting = sql.begin(async (transaction) => {
      await transaction`INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision)
      VALUES (${at}::timestamptz, now(), gen_random_uuid(), false, 'l', 'x', 'allow')`;
      inserted();
      await committed;
    });
    await begun;
    const dropping = expect(partitions.drop(first, { expect: { rows: first.rows } })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect.poll(() => waitingForLocks(sql), { timeout: 20_000 }).toBeGreaterThan(0);
    commit();
    await dropping;
    await inserting;
    expect((await partitions.list("audit"))[0]?.rows).toBe(first.rows + 1);

    // Racing inserts either are counted or end up in a new chunk: none is lost, and no other chunk is touched.
    const outcomes = await Promise.allSettled([
      partitions.drop(first, { expect: { rows: first.rows + 1 } }),
      ...Array.from({ length: 10 }, (_, n) => late(n)),
    ]);
    const [dropped, ...inserts] = outcomes;
    const added = inserts.filter(({ status }) => status === "fulfilled").length;
    const left = (dropped?.status === "fulfilled" ? 0 : first.rows + 1) + added;
    const after = await partitions.list("audit");
    expect(after.filter(({ to }) => to <= second.from).reduce((sum, { rows }) => sum + rows, 0)).toBe(left);
    expect(after.find(({ id }) => id === second.id)).toEqual(second);
  },
);

onProfiles(
  ["postgres"],
  "without chunks a partition is a day, and what comes in while it is dropped stays",
  async (profile) => {
    const { url, sql } = await bareDatabase(profile);
    const backend = await openPostgresStorage({ url, migrate: "auto", timescaledb: "off" });
    onTestFinished(() => backend.close());
    await sql`
    INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision)
    SELECT date_trunc('day', now()) - interval '50 days' + i * interval '1 second', now(), gen_random_uuid(), false, 'a', 'x', 'allow'
    FROM generate_series(0, 30000) i`;
    await insertSamples(sql, 3 * 1440);
    const { partitions } = backend;
    const [day] = (await partitions.list("audit")) as [Partition];
    expect(day).toMatchObject({ rows: 30_001, tier: "hot" });
    const dropping = partitions.drop(day, { expect: { rows: 30_001 } });
    let during = 0;
    const late = async (): Promise<void> => {
      const ts = new Date(day.from.getTime() + 500);
      for (let n = 0; n < 20; n++) {
        await sleep(5);
        const event = { ts, agentId: "late", action: "x", decision: "allow" };
        during += (await backend.audit.append([event])).inserted;
      }
    };
    const [, result] = await Promise.all([late(), dropping.catch((error: unknown) => error)]);
    const left = during + ((result as { code?: string }).code === "conflict" ? 30_001 : 0);
    expect((await partitions.list("audit"))[0]?.rows).toBe(left);
    const [oldest] = (await partitions.list("metrics")) as [Partition];
    expect(await partitions.drop(oldest, { expect: { rows: oldest.rows } })).toEqual({ rows: oldest.rows });
  },
);
