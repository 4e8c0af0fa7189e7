import { setTimeout as sleep } from "node:timers/promises";
import type { MetricSample, StorageBackend } from "@agent-assembly/storage-core";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Pool, Sql } from "../../src/driver/pool.js";
import { PostgresMetricDriver } from "../../src/metrics/driver.js";
import { foldPending, PendingFolder } from "../../src/metrics/fold.js";
import { metricTables } from "../../src/metrics/tables.js";
import { type PostgresProfile, poolOn } from "../setup/database.js";
import { type LentSchema, LentSchemas } from "../setup/lent-schemas.js";
import { HOUR, START } from "../support/metric-questions.js";
import { Random } from "../support/random.js";
import { foldAll } from "../support/record-by-sql.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];
const DAY = 24 * HOUR;
const RANGE = { from: new Date(START), to: new Date(START + 40 * DAY) };

const schemas = new LentSchemas("fold");

function poolOf({ options }: LentSchema): Pool {
  const pool = poolOn(options, { schema: options.schema });
  onTestFinished(() => pool.close());
  return pool;
}

/** Of a few series and hours, so that totals meet; eighths, so that sums are exact in any order. */
function samplesOf(random: Random, count: number): MetricSample[] {
  return Array.from({ length: count }, () => ({
    ts: new Date(START + random.below(40 * 6) * 4 * HOUR + random.below(HOUR)),
    metric: "m",
    value: random.below(8001) / 8,
    agentId: random.maybe(["a", "b"]),
    labels: random.below(2) === 0 ? {} : { model: random.of(["x", "y"]) },
  }));
}

async function pendingRows(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM pending_metric_totals`;
  return row?.n ?? -1;
}

/** What totals and pending totals say of each series, and what its samples say. */
async function sameAsSamples(sql: Sql): Promise<void> {
  for (const level of ["hour", "day", "month"]) {
    const wrong = await sql`
      WITH kept AS (
        SELECT s.labels IS NULL AS whole, s.agent_id, s.labels, t.bucket, t.samples, t.sum, t.min, t.max, t.last_ts, t.last_value
        FROM metric_totals t JOIN metric_series s ON s.id = t.series_id WHERE t.level = ${level}),
      real AS (
        SELECT grouping(agent_id) = 1 AS whole, agent_id, labels, bucket, count(*) AS samples, sum(value) AS sum, min(value) AS min,
          max(value) AS max, max(ts) AS last_ts, (max(ARRAY[date_part('epoch', ts), value]))[2] AS last_value
        FROM (SELECT *, date_trunc(${level}::text, ts, 'UTC') AS bucket FROM metrics) AS m
        GROUP BY GROUPING SETS ((bucket), (agent_id, labels, bucket)))
      (SELECT * FROM kept EXCEPT SELECT * FROM real) UNION ALL (SELECT * FROM real EXCEPT SELECT * FROM kept)`;
    expect(wrong, level).toEqual([]);
  }
  const [series] = await sql`
    SELECT count(*)::int AS wrong FROM metric_series s
    WHERE ROW(s.samples, s.first_ts, s.last_ts) IS DISTINCT FROM (
      SELECT ROW(count(*), min(ts), max(ts)) FROM metrics m WHERE m.metric = s.metric
        AND (s.labels IS NULL OR m.agent_id IS NOT DISTINCT FROM s.agent_id AND m.labels = s.labels))`;
  expect(series?.wrong).toBe(0);
}

describe.each(PROFILES)("totals kept on %s", (profile) => {
  describe(...needing(profile, "a store", { timeout: 300_000 }), () => {
    it("are exact at any moment while several write and two move what is pending", async () => {
      const lent = await schemas.take(profile);
      const tables = metricTables(lent.options.schema);
      const writers = await Promise.all([lent.open(), lent.open(), lent.open()]);
      const pools = [poolOf(lent), poolOf(lent)];
      let writing = true;
      let moved = 0;
      let compared = 0;
      let ended = false;
      onTestFinished(() => {
        ended = true;
      });
      const written = Promise.all(
        writers.map(async ({ metrics }, n) => {
          const random = new Random(`writer ${n}`);
          // On a slow machine for longer, so that there is something to compare.
          for (let i = 0; !ended && (i < 40 || compared < 3 || moved <= 100); i++) {
            await metrics.record(samplesOf(random, 1 + random.below(60)));
          }
        }),
      ).finally(() => {
        writing = false;
      });
      const folding = pools.map(async (pool) => {
        while (writing) moved += (await foldPending(pool, tables, 150)) ?? 0;
      });
      const query = { metric: "m", ...RANGE } as const;
      const { metrics } = writers[0] as StorageBackend;
      while (writing) {
        // Whatever is written between the first and the last question, the one in the middle lies between them.
        // Planned anew each time: the plan of a prepared statement may lack a chunk that was created a moment ago.
        const samples = async () =>
          (await lent.sql.unsafe("SELECT count(*)::int AS n, coalesce(sum(value), 0) AS sum FROM metrics"))[0];
        const before = await samples();
        const [count] = await metrics.query({ ...query, aggregate: "count", bucket: { every: "1mo" } });
        const byAgent = await metrics.query({ ...query, aggregate: "sum", groupBy: ["agentId"] });
        const after = await samples();
        const counted = count?.points.reduce((sum, { value }) => sum + (value ?? 0), 0) ?? 0;
        expect(counted).toBeGreaterThanOrEqual(before?.n);
        expect(counted).toBeLessThanOrEqual(after?.n);
        const sum = byAgent.reduce((all, { points }) => all + (points[0]?.value ?? 0), 0);
        expect(sum).toBeGreaterThanOrEqual(before?.sum);
        expect(sum).toBeLessThanOrEqual(after?.sum);
        compared++;
      }
      await written;
      await Promise.all(folding);
      const random = new Random("more");
      await writers[0]?.metrics.record(samplesOf(random, 200));
      await foldAll(lent.sql);
      await sameAsSamples(lent.sql);
    });

    it("count what a process that ended did not move, and a later one moves it", async () => {
      const lent = await schemas.take(profile);
      const pool = poolOf(lent);
      const driver = new PostgresMetricDriver(pool, lent.options.schema);
      const rows = samplesOf(new Random("ended"), 300).map((sample) => ({
        ...sample,
        ts: sample.ts.getTime(),
        agentId: sample.agentId ?? null,
        teamId: null,
        labels: sample.labels ?? {},
      }));
      expect(await driver.record(rows, new Map())).toEqual({ status: "recorded", late: [] });
      // As if it had been killed: it is neither closed nor does its timer fire.
      expect(await pendingRows(lent.sql)).toBeGreaterThan(100);
      const next = await lent.open();
      const query = { metric: "m", ...RANGE, aggregate: "count" } as const;
      expect((await next.metrics.query(query))[0]?.points[0]?.value).toBe(300);
      await next.metrics.record(samplesOf(new Random("next"), 1));
      await next.close();
      expect(await pendingRows(lent.sql)).toBe(0);
      await sameAsSamples(lent.sql);
    });
  });
});

describe(...needing("postgres", "moving pending totals"), () => {
  it("goes on in the background, in a process that stays open", async () => {
    const lent = await schemas.take("postgres");
    const { metrics } = await lent.open();
    await metrics.record(samplesOf(new Random("open"), 3000));
    await vi.waitUntil(async () => (await pendingRows(lent.sql)) === 0, { timeout: 20_000, interval: 50 });
    await metrics.record(samplesOf(new Random("a few"), 3));
    expect(await pendingRows(lent.sql)).toBeGreaterThan(0);
    await vi.waitUntil(async () => (await pendingRows(lent.sql)) === 0, { timeout: 20_000, interval: 50 });
    await sameAsSamples(lent.sql);
  });

  it("is left to the process that is at it", async () => {
    const lent = await schemas.take("postgres");
    const pool = poolOf(lent);
    const tables = metricTables(lent.options.schema);
    const backend = await lent.open();
    await backend.metrics.record(samplesOf(new Random("two"), 50));
    await lent.sql.begin(async (other) => {
      await other`SELECT FROM metric_fold FOR UPDATE`;
      expect(await foldPending(pool, tables)).toBeUndefined();
      // Closing does not wait either.
      await backend.close();
    });
    expect(await foldPending(pool, tables)).toBeGreaterThan(20);
    expect(await foldPending(pool, tables)).toBe(0);
  });

  it("tells of a failure in health, and a warning at the end, and loses nothing", async () => {
    const lent = await schemas.take("postgres");
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    onTestFinished(() => warned.mockRestore());
    const backend = await lent.open();
    await lent.sql`ALTER TABLE metric_totals ADD CONSTRAINT refusal CHECK (samples < 0)`;
    await backend.metrics.record(samplesOf(new Random("failing"), 3000));
    await vi.waitUntil(async () => (await backend.health()).status === "degraded", { timeout: 20_000, interval: 50 });
    expect((await backend.health()).problems).toEqual([expect.stringMatching(/^totals of metrics stay pending/)]);
    await backend.close();
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^totals of metrics stay pending until/),
      "StorageWarning",
    );
    await lent.sql`ALTER TABLE metric_totals DROP CONSTRAINT refusal`;
    await foldAll(lent.sql);
    await sameAsSamples(lent.sql);
  });

  it("does not keep the process alive, and stops when it is closed", async () => {
    const lent = await schemas.take("postgres");
    const folder = new PendingFolder(poolOf(lent), metricTables(lent.options.schema));
    const timers = vi.spyOn(globalThis, "setTimeout");
    onTestFinished(() => timers.mockRestore());
    folder.added(1);
    const [timer] = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timer?.hasRef()).toBe(false);
    await folder.close();
    folder.added(1);
    await sleep(0);
    expect(folder.problem).toBeUndefined();
  });
});
