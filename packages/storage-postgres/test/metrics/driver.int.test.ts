import {
  METRIC_AGGREGATES,
  type MetricAggregate,
  type MetricDimension,
  type MetricFill,
  type MetricQuery,
  type MetricSample,
  type MetricSeries,
  type MetricStore,
} from "@agent-assembly/storage-core";
import { createMetricStore, parseBucket } from "@agent-assembly/storage-core/backend";
import { MemoryMetricDriver, openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Pool } from "../../src/driver/pool.js";
import { PostgresMetricDriver } from "../../src/metrics/driver.js";
import { migratedDatabase, type OwnDatabase, type PostgresProfile, poolOn } from "../setup/database.js";
import { expectSame } from "../support/expect-same.js";
import { Random } from "../support/random.js";
import { foldAll, forgetSamples, recordBySql } from "../support/record-by-sql.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "postgres-15", "timescale-apache", "timescale-community"];
/** What is asked on the other profiles is the beginning of what is asked on the first one: the SQL is the same. */
const FIRST: PostgresProfile = "postgres";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ALL_TIME = { from: new Date("0001-01-01T00:00:00Z"), to: new Date("9999-12-31T23:59:59.999Z") };

/** Instants around which clocks, or calendars, do something. */
const ZONES: Readonly<Record<string, readonly string[]>> = {
  UTC: ["2026-02-28T23:00:00Z", "1969-12-31T23:59:59.999Z", "1901-12-13T20:45:52Z", "0101-01-01T00:00:00Z"],
  "Europe/Berlin": ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "1893-03-31T23:06:32Z", "1945-05-24T00:00:00Z"],
  "Asia/Kathmandu": ["2026-01-01T00:00:00Z", "1985-12-31T18:30:00Z", "1919-12-31T18:18:44Z"],
  "Pacific/Apia": ["2011-12-30T10:00:00Z", "2012-04-01T14:00:00Z", "1892-07-04T12:26:56Z"],
  "America/St_Johns": ["2020-03-08T05:30:00Z", "2020-11-01T04:30:00Z", "1935-03-30T03:30:52Z"],
  "America/Sao_Paulo": ["2018-11-04T03:00:00Z", "2018-02-18T02:00:00Z"],
  "America/Havana": ["2020-11-01T05:00:00Z"],
};
const EVERY = ["1s", "30s", "5m", "15m", "1h", "6h", "12h", "1d", "1w", "1mo"];
const LABELS = ["model", "re gion", '"', "\uE0FF0000", "__proto__", "\u0001\\,{}", "\u{1F600}"];
const TEXTS = ["a", "NULL", '"b"', "\uE0FF", "\u{10000}", "\uffff", "{,}", " "];

/** Samples, one every 100 ms, as the server and as we make them. */
const LATENCIES = {
  count: 100_000,
  valueOf(n: number): number {
    const k = (n * 7919) % 100_003;
    return (k * k) / 1024;
  },
  sql: `
    SELECT to_timestamp(0) + n * interval '100 ms' AS ts, k::float8 * k / 1024 AS value, 'latency' AS metric,
      NULL::text AS agent_id, NULL::text AS team_id, '{}'::jsonb AS labels
    FROM generate_series(0, 99999) AS n, LATERAL (SELECT n::bigint * 7919 % 100003 AS k) AS spread`,
};

const NO_EVENTS = openMemoryStorage().audit;

function memoryStore(): MetricStore {
  return createMetricStore(new MemoryMetricDriver(), NO_EVENTS);
}

let latencies: Promise<MetricStore> | undefined;

/** The reference with {@link LATENCIES}, which the profiles share. */
function referenceOfLatencies(): Promise<MetricStore> {
  latencies ??= (async () => {
    const reference = memoryStore();
    await reference.record(
      Array.from({ length: LATENCIES.count }, (_, n) => ({
        ts: new Date(n * 100),
        metric: "latency",
        value: LATENCIES.valueOf(n),
      })),
    );
    return reference;
  })();
  return latencies;
}

describe.each(PROFILES)("metrics on %s", (profile) => {
  describe(...needing(profile, "as the reference"), () => {
    let database: OwnDatabase;
    let pool: Pool;
    let driver: PostgresMetricDriver;
    let store: MetricStore;
    let reference: MetricStore;

    beforeAll(async () => {
      database = await migratedDatabase(profile, "metrics");
      pool = poolOn(database.options);
      if (profile.startsWith("timescale")) {
        // With chunks of a day the samples of one test would lie in more than a hundred.
        await pool.run((sql) => sql`SELECT set_chunk_time_interval('metrics', interval '30 days')`);
      }
      driver = new PostgresMetricDriver(pool, "public");
      store = createMetricStore(driver, NO_EVENTS);
    });
    beforeEach(async () => {
      await pool.run(forgetSamples);
      reference = memoryStore();
    });
    afterAll(async () => {
      await driver?.close();
      await pool?.close();
      await database?.drop();
    });

    async function record(samples: readonly MetricSample[]): Promise<void> {
      // In order, since the reference takes its time where each sample is of another day than the one before.
      const inOrder = samples.toSorted((a, b) => a.ts.getTime() - b.ts.getTime());
      expect(await reference.record(inOrder)).toEqual({ recorded: samples.length, rejected: [] });
      // Half of the totals have been moved on, the other half is pending.
      const middle = samples.length >> 1;
      for (const half of [samples.slice(0, middle), samples.slice(middle)]) {
        await pool.run((sql) => foldAll(sql));
        expect(await store.record(half)).toEqual({ recorded: half.length, rejected: [] });
      }
    }

    async function expectSameAnswer(query: MetricQuery): Promise<MetricSeries[]> {
      const expected = await reference.query(query);
      expectSame(await store.query(query), expected, JSON.stringify(query));
      return expected;
    }

    it.each(Object.keys(ZONES))("answers random queries in %s", async (timeZone) => {
      const random = new Random(timeZone);
      const centres = (ZONES[timeZone] ?? []).map((text) => Date.parse(text));
      await record(randomSamples(random, centres, profile === FIRST ? 1000 : 300));
      let points = 0;
      for (let i = 0; i < (profile === FIRST ? 120 : 40); i++) {
        const series = await expectSameAnswer(randomQuery(random, centres, timeZone));
        for (const one of series) points += one.points.length;
      }
      expect(points).toBeGreaterThan(profile === FIRST ? 1000 : 100);
      for (const every of profile === FIRST ? EVERY : ["5m", "1d", "1mo"]) {
        const aggregate = random.of<MetricAggregate>(METRIC_AGGREGATES);
        await expectSameAnswer({
          metric: "m",
          ...ALL_TIME,
          aggregate,
          bucket: { every, timeZone },
          groupBy: ["agentId"],
        });
      }
    });

    it("adds any doubles up, in whatever order, within the stated bounds", async () => {
      const random = new Random("doubles");
      const values = Array.from({ length: 5000 }, () => (random.next() - 0.5) * 10 ** (random.below(12) - 6));
      values.push(5e-324, -5e-324, 2.2250738585072014e-308, 0.1, -0);
      await record(values.map((value, n) => ({ ts: new Date(n), metric: "m", value })));
      const absolute = values.reduce((sum, value) => sum + Math.abs(value), 0);
      const bound = values.length * 2 ** -52 * absolute;
      for (const aggregate of METRIC_AGGREGATES) {
        const query: MetricQuery = { metric: "m", from: new Date(0), to: new Date(10_000), aggregate };
        if (!["sum", "avg", "rate"].includes(aggregate)) {
          await expectSameAnswer(query);
          continue;
        }
        const divisor = aggregate === "avg" ? values.length : aggregate === "rate" ? 10 : 1;
        const difference = only(await store.query(query)) - only(await reference.query(query));
        expect(Math.abs(difference)).toBeLessThanOrEqual(bound / divisor);
      }
    });

    it("sums beyond the largest double are infinite, not an error", async () => {
      const at = (ts: number, value: number): MetricSample => ({ ts: new Date(ts), metric: "m", value });
      await record([
        at(0, Number.MAX_VALUE),
        at(1, Number.MAX_VALUE),
        at(HOUR, -Number.MAX_VALUE),
        at(HOUR + 1, -2e300),
        at(2 * HOUR, 5e307),
        at(2 * HOUR + 1, 4),
        at(3 * HOUR, 5e-324),
      ]);
      for (const aggregate of METRIC_AGGREGATES) {
        const query = { metric: "m", from: new Date(0), to: new Date(DAY), aggregate };
        await expectSameAnswer(query);
        await expectSameAnswer({ ...query, bucket: { every: "1h" } });
      }
    });

    it("goes through centuries of a time zone piece by piece", async () => {
      const years = [1, 99, 1200, 1815, 1969, 1970, 2026, 2031, 9999];
      const samples = years.flatMap((year) =>
        ["-01-01T00:00:00.001Z", "-06-15T22:30:00Z", "-12-31T23:59:59.998Z"].map((rest, n) => ({
          ts: new Date(`${String(year).padStart(4, "0")}${rest}`),
          metric: "m",
          value: year + n,
        })),
      );
      await record(samples);
      for (const every of ["1h", "1d", "1w", "1mo"]) {
        for (const aggregate of profile === FIRST ? (["sum", "last", "p50"] as const) : (["last"] as const)) {
          const query = { metric: "m", ...ALL_TIME, aggregate, bucket: { every, timeZone: "Europe/Berlin" } };
          const [series] = await expectSameAnswer(query);
          expect(series?.points.length).toBeGreaterThan(years.length);
        }
      }
    });

    it("a bucket is one stretch of time, also where a clock goes back over midnight", async () => {
      // In Newfoundland 2010-11-07 00:01 was followed by 23:01 of the 6th: that hour lies behind the start of the 7th.
      const times = [
        "2010-11-07T02:29:59.999Z",
        "2010-11-07T02:30:00Z",
        "2010-11-07T02:45:00Z",
        "2010-11-07T12:00:00Z",
      ];
      await store.record(times.map((ts, n) => ({ ts: new Date(ts), metric: "m", value: 2 ** n })));
      const query = { metric: "m", from: new Date("2010-11-06T12:00:00Z"), to: new Date("2010-11-08T00:00:00Z") };
      const bucket = { every: "1d", timeZone: "America/St_Johns" };
      const [series] = await store.query({ ...query, aggregate: "sum", bucket });
      expect(series?.points).toEqual([
        { ts: new Date("2010-11-06T02:30:00Z"), value: 1 },
        { ts: new Date("2010-11-07T02:30:00Z"), value: 14 },
      ]);
    });

    it("records many samples with long labels, all of them or none", async () => {
      const long = Object.fromEntries(
        Array.from({ length: 32 }, (_, n) => [`${"n".repeat(500)}${n}`, '"'.repeat(512)]),
      );
      // The labels are more than one statement takes, and so are the samples without any, which is enough for the others.
      const samples = Array.from({ length: 5500 }, (_, n) => ({
        ts: new Date(n),
        metric: "many",
        value: n,
        labels: n < (profile === FIRST ? 150 : 3) ? long : {},
      }));
      await record(samples);
      const query: MetricQuery = { metric: "many", from: new Date(0), to: new Date(DAY), aggregate: "count" };
      await expectSameAnswer(query);
      await expectSameAnswer({ ...query, labels: long });

      await pool.run((sql) => sql`ALTER TABLE metrics ADD CONSTRAINT refusal CHECK (metric <> 'refused')`);
      try {
        const refused = { ts: new Date(0), metric: "refused", value: 1 };
        await expect(store.record([...samples.slice(150), refused])).rejects.toThrow();
      } finally {
        await pool.run((sql) => sql`ALTER TABLE metrics DROP CONSTRAINT refusal`);
      }
      await expectSameAnswer(query);
    });

    it("refuses more points than an answer may have, whatever makes them", async () => {
      await pool.run((sql) =>
        recordBySql(
          sql,
          `SELECT to_timestamp(n) AS ts, n::float8 AS value, 'm' AS metric, 'agent-' || n AS agent_id, NULL::text AS team_id,
             '{}'::jsonb AS labels FROM generate_series(0, 100000) AS n`,
        ),
      );
      const query: MetricQuery = { metric: "m", from: new Date(0), to: new Date(1e12), aggregate: "sum" };
      const makers = [
        { bucket: { every: "1s" } },
        { groupBy: ["agentId"] },
        { bucket: { every: "1s", timeZone: "Asia/Kathmandu" } },
      ] as const;
      const [asked, answered] = profile === FIRST ? [3, 2] : [1, 0];
      for (const members of makers.slice(0, asked)) {
        await expect(store.query({ ...query, ...members })).rejects.toThrow(/more than 100000 points/);
      }
      for (const members of makers.slice(0, answered)) {
        const values = new Set<number | null>();
        for (const { points } of await store.query({ ...query, to: new Date(100_000 * 1000), ...members })) {
          for (const { value } of points) values.add(value);
        }
        // Each sample is a point of its own, but for the last one.
        expect([values.size, values.has(99_999), values.has(100_000)]).toEqual([100_000, true, false]);
      }
    });

    it("takes percentiles of 100,000 samples on the server, which sends no sample", async () => {
      await pool.run((sql) => recordBySql(sql, LATENCIES.sql));
      reference = await referenceOfLatencies();
      const query: MetricQuery = { metric: "latency", from: new Date(0), to: new Date(DAY), aggregate: "p99" };
      const bucket = { every: "1h", timeZone: "Europe/Berlin" };
      const sent = await rowsSent(pool, async () => {
        await expectSameAnswer(query);
        await expectSameAnswer({ ...query, bucket });
      });
      // 100,000 samples of a tenth of a second each make up less than three hours.
      expect(sent).toBeLessThan(20);
    });
  });
});

/** Rows that the server sends this store while something is asked of it. */
async function rowsSent(pool: Pool, work: () => Promise<void>): Promise<number> {
  let sent = 0;
  const sql = await pool.run(async (client) => client);
  // That of the client which all calls share; what the property gives is made for one call.
  const unsafe = Object.getOwnPropertyDescriptor(sql, "unsafe")?.value as typeof sql.unsafe;
  const counting = vi.spyOn(sql, "unsafe").mockImplementation(((...args: Parameters<typeof unsafe>) => {
    const query = unsafe(...args);
    void query.then((found) => {
      sent += found.length;
    });
    return query;
  }) as typeof unsafe);
  try {
    await work();
  } finally {
    counting.mockRestore();
  }
  return sent;
}

function only(series: readonly MetricSeries[]): number {
  return series[0]?.points[0]?.value ?? Number.NaN;
}

/** Values are eighths, so that sums are exact in any order. Most samples lie near a centre, some at the same instant. */
function randomSamples(random: Random, centres: readonly number[], count: number): MetricSample[] {
  return Array.from({ length: count }, () => ({
    ts: new Date(near(random, centres)),
    metric: random.below(10) === 0 ? "M" : "m",
    value: (random.below(20_001) - 10_000) / 8,
    agentId: random.maybe(TEXTS),
    teamId: random.maybe(TEXTS),
    labels: Object.fromEntries(
      LABELS.filter(() => random.below(3) === 0).map((name) => [name, random.of(TEXTS)] as const),
    ),
  }));
}

function randomQuery(random: Random, centres: readonly number[], timeZone: string): MetricQuery {
  const bucket = random.below(8) === 0 ? undefined : { every: random.of(EVERY), timeZone };
  const a = near(random, centres);
  const b = random.below(4) === 0 ? near(random, centres) : a + 1 + random.below(random.of([5000, HOUR, 40 * DAY]));
  const [from, to] = a < b ? [a, b] : [b, a + 1];
  return {
    metric: "m",
    from: new Date(from),
    to: new Date(to),
    aggregate: random.of<MetricAggregate>(METRIC_AGGREGATES),
    bucket,
    groupBy: random.some<MetricDimension>(["agentId", "teamId", ...LABELS.map((name) => `labels.${name}` as const)]),
    fill: canFill(bucket, from, to) ? random.of<MetricFill>(["none", "null", "zero", "previous"]) : "none",
    agentId: random.below(5) === 0 ? random.some(TEXTS) : undefined,
    teamId: random.below(5) === 0 ? random.of(TEXTS) : undefined,
    labels: random.below(5) === 0 ? { [random.of(LABELS)]: random.of(TEXTS) } : undefined,
  };
}

/** Whether the answer stays small enough to be compared in no time. */
function canFill(bucket: MetricQuery["bucket"], from: number, to: number): boolean {
  if (bucket === undefined) return true;
  const { startOf, next } = parseBucket(bucket);
  const start = startOf(from);
  return (to - from) / (next(start) - start) < 200;
}

function near(random: Random, centres: readonly number[]): number {
  const centre = random.of(centres);
  const distance = random.of([0, 1, 500, 60_000, HOUR, 12 * HOUR, 3 * DAY, 40 * DAY]);
  return centre + random.below(2 * distance + 1) - distance;
}
