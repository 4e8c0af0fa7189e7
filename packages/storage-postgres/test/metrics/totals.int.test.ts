import {
  type MetricQuery,
  type MetricSeries,
  type Partition,
  type StorageBackend,
  StorageError,
} from "@agent-assembly/storage-core";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it } from "vitest";
import type { Sql } from "../../src/driver/pool.js";
import type { DatabaseOptions, PostgresProfile } from "../setup/database.js";
import { LentSchemas } from "../setup/lent-schemas.js";
import { expectSame } from "../support/expect-same.js";
import {
  cannotAnswer,
  DAY,
  FIRST,
  HOUR,
  MINUTE,
  questions,
  RANGE,
  randomQuery,
  randomSamples,
  START,
  TOTALLED,
} from "../support/metric-questions.js";
import { Random } from "../support/random.js";
import { foldAll, recordBySql } from "../support/record-by-sql.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];
/** Some twenty an hour; and those of each round that come late. */
const SAMPLES = 1600;
const LATE = 400;
const DROPPED = {
  code: "unsupported",
  message: expect.stringMatching(/were dropped .* whole hours and no percentile/),
};

const schemas = new LentSchemas("totals");

interface Store {
  readonly profile: PostgresProfile;
  readonly sql: Sql;
  readonly options: DatabaseOptions;
  readonly backend: StorageBackend;
}

async function storeOn(profile: PostgresProfile): Promise<Store> {
  const { sql, options, open } = await schemas.take(profile);
  return { profile, sql, options, backend: await open() };
}

async function answers({ backend, profile }: Store, asked = questions(profile)): Promise<MetricSeries[][]> {
  const found: MetricSeries[][] = [];
  for (const query of asked) found.push(await backend.metrics.query(query));
  return found;
}

async function expectAnswers(
  store: Store,
  expected: readonly MetricSeries[][],
  asked = questions(store.profile),
): Promise<void> {
  const found = await answers(store, asked);
  for (const [i, query] of asked.entries()) expectSame(found[i], expected[i], JSON.stringify(query));
}

let answersOfWhole: Promise<Map<string, MetricSeries[]>[]> | undefined;

/**
 * What a store that drops nothing answers to the same samples, after one round of late ones and after the other. Asked once
 * for all profiles.
 */
function rightAnswers(profile: PostgresProfile): Promise<Map<string, MetricSeries[]>[]> {
  answersOfWhole ??= (async () => {
    const whole = await storeOn(profile);
    await whole.backend.metrics.record(randomSamples(new Random("totals"), SAMPLES));
    const found: Map<string, MetricSeries[]>[] = [];
    const asked = questions(FIRST);
    for (const name of ["late", "later"]) {
      await whole.backend.metrics.record(randomSamples(new Random(name), LATE));
      const right = await answers(whole, asked);
      found.push(new Map(asked.map((query, i) => [JSON.stringify(query), right[i] ?? []])));
    }
    return found;
  })();
  return answersOfWhole;
}

async function dropDay({ backend }: Store, day: number): Promise<number> {
  const partition = await partitionOf(backend, day);
  return (await backend.partitions.drop(partition, { expect: { rows: partition.rows } })).rows;
}

async function partitionOf({ partitions }: StorageBackend, day: number): Promise<Partition> {
  const found = (await partitions.list("metrics")).find(({ from }) => from.getTime() === START + day * DAY);
  if (found === undefined) throw new Error(`day ${day} is no partition`);
  return found;
}

/** The hours of dropped samples, but for those of all samples of a metric. */
async function droppedHours(sql: Sql): Promise<unknown> {
  return sql`
    SELECT s.metric, d.hour FROM dropped_metric_hours d JOIN metric_series s ON s.id = d.series_id
    WHERE s.labels IS NOT NULL ORDER BY s.metric, d.hour, s.hash`;
}

/** SQL after which nothing of metrics can be removed, and SQL that undoes it. */
async function refusalOf({ sql, options }: Store): Promise<[refuse: string, allow: string]> {
  if (options.timescaledb === "off") {
    await sql.unsafe("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$");
    return [
      // At the commit, when everything else is done.
      `CREATE CONSTRAINT TRIGGER refusal AFTER DELETE ON metrics DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION refuse()`,
      "DROP TRIGGER refusal ON metrics; DROP FUNCTION refuse()",
    ];
  }
  const [chunk] = await sql`SELECT show_chunks('metrics')::text AS name`;
  return [`CREATE VIEW refusal AS SELECT * FROM ${chunk?.name}`, "DROP VIEW refusal"];
}

const ask = (members: Partial<MetricQuery>): MetricQuery => ({ metric: "m", ...RANGE, aggregate: "sum", ...members });

describe.each(PROFILES)("totals of dropped samples on %s", (profile) => {
  describe(...needing(profile, "a store", { timeout: 300_000 }), () => {
    it("answers as before the drop, and counts what comes late", async () => {
      const store = await storeOn(profile);
      const { backend, sql } = store;
      const random = new Random("totals");
      await backend.metrics.record(randomSamples(random, SAMPLES));
      const before = await answers(store);
      expect(before.flat(2).length).toBeGreaterThan(profile === FIRST ? 100 : 50);
      await foldAll(sql);
      await expectAnswers(store, before);

      expect(await dropDay(store, 1)).toBeGreaterThan(SAMPLES / 4);
      await expectAnswers(store, before);
      if (profile === "timescale-community") await backend.partitions.compress(await partitionOf(backend, 0));
      await dropDay(store, 0);
      await expectAnswers(store, before);
      await dropDay(store, 2);
      expect(await sql`SELECT 1 FROM metrics`).toHaveLength(0);
      await expectAnswers(store, before);

      const right = await rightAnswers(profile);
      for (const [round, name] of ["late", "later"].entries()) {
        await backend.metrics.record(randomSamples(new Random(name), LATE));
        const expected = questions(profile).map((query) => right[round]?.get(JSON.stringify(query)) ?? []);
        expect(expected).not.toEqual(before);
        await expectAnswers(store, expected);
        await dropDay(store, 0);
        await dropDay(store, 1);
        await expectAnswers(store, expected);
      }
      await foldAll(sql);
      const [kept] = await sql`
        SELECT sum(t.samples)::int AS n FROM metric_totals t JOIN metric_series s ON s.id = t.series_id
        WHERE s.labels IS NOT NULL AND t.level = 'hour'`;
      expect(kept?.n).toBe(SAMPLES + 2 * LATE);
      await expectAnswers(
        store,
        questions(profile).map((query) => right[1]?.get(JSON.stringify(query)) ?? []),
      );
    });

    it("adds doubles up within the stated bounds, and what is beyond the largest one", async () => {
      const store = await storeOn(profile);
      const random = new Random("doubles");
      const values = Array.from({ length: 6000 }, () => (random.next() - 0.5) * 10 ** (random.below(12) - 6));
      const small = values.map((value, n) => ({ ts: new Date(START + n * 10_000), metric: "m", value }));
      const at = (hour: number, value: number) => ({ ts: new Date(START + hour * HOUR + 1), metric: "large", value });
      const large = [
        at(0, Number.MAX_VALUE),
        at(0, Number.MAX_VALUE),
        at(1, -2e300),
        at(1, 5e-324),
        at(2, 5e307),
        at(2, 9e289),
      ];
      await store.backend.metrics.record([...small, ...large]);
      const ofLarge = TOTALLED.flatMap((aggregate) => [
        ask({ metric: "large", aggregate }),
        ask({ metric: "large", aggregate, bucket: { every: "1h" } }),
      ]);
      const before = await answers(store, ofLarge);
      expect(before[0]?.[0]?.points[0]?.value).toBe(Number.POSITIVE_INFINITY);
      await dropDay(store, 0);
      await expectAnswers(store, before, ofLarge);
      await store.backend.metrics.record(large);
      await dropDay(store, 0);
      const [sum] = await store.backend.metrics.query(ask({ metric: "large", bucket: { every: "1h" } }));
      expect(sum?.points.map(({ value }) => value)).toEqual([Number.POSITIVE_INFINITY, -4e300, 1e308]);

      const absolute = values.reduce((all, value) => all + Math.abs(value), 0);
      const exact = values.toSorted((a, b) => a - b).reduce((all, value) => all + value, 0);
      const [series] = await store.backend.metrics.query(ask({}));
      const difference = Math.abs((series?.points[0]?.value ?? Number.NaN) - exact);
      expect(difference).toBeLessThanOrEqual(values.length * 2 ** -52 * absolute);
    });

    it("keeps series whose labels are longer than an index takes apart", async () => {
      const store = await storeOn(profile);
      const random = new Random("long");
      const noise = (): string =>
        String.fromCodePoint(...Array.from({ length: 250 }, () => 0x4e00 + random.below(20_000)));
      const long = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`${n}`, noise()]));
      const labels = [long, { ...long, 31: "other" }, {}];
      const samples = labels.map((one, n) => ({ ts: new Date(START + n), metric: "m", value: 2 ** n, labels: one }));
      await store.backend.metrics.record(samples);
      const asked = [ask({ labels: long }), ask({ groupBy: ["labels.31"] })];
      const before = await answers(store, asked);
      await dropDay(store, 0);
      expect(await droppedHours(store.sql)).toHaveLength(3);
      await expectAnswers(store, before, asked);
    });

    it("refuses what hourly totals cannot answer, and only where there are such", async () => {
      const store = await storeOn(profile);
      const { metrics } = store.backend;
      await metrics.record(randomSamples(new Random("refusals"), SAMPLES));
      const later = { from: new Date(START + 2 * DAY) };
      const refused: Partial<MetricQuery>[] = [
        ...(["p50", "p95", "p99"] as const).map((aggregate) => ({ aggregate })),
        ...["30s", "15m", "30m", "90m"].map((every) => ({ bucket: { every } })),
        { bucket: { every: "15m", timeZone: "Europe/Berlin" }, aggregate: "last" },
        { bucket: { every: "15m" }, aggregate: "last" },
        ...["1h", "1d"].map((every) => ({ bucket: { every, timeZone: "Asia/Kathmandu" } })),
        ...["1h", "1d"].map((every) => ({ bucket: { every, timeZone: "Asia/Kolkata" }, aggregate: "last" as const })),
        { from: new Date(START + 30 * MINUTE) },
        { from: new Date(START + 1) },
        { to: new Date(START + DAY + HOUR / 2) },
        { to: new Date(START + DAY - 1) },
        { from: new Date(START + HOUR + 1), to: new Date(START + HOUR + 2), bucket: { every: "1d" } },
      ];
      const before = await answers(store, refused.map(ask));
      await dropDay(store, 0);
      await dropDay(store, 1);
      for (const members of refused) {
        const failed = await metrics.query(ask(members)).catch((error: unknown) => error);
        expect(failed, JSON.stringify(members)).toBeInstanceOf(StorageError);
        expect(failed).toMatchObject(DROPPED);
      }
      // Of the day that is still there, of hours without totals and of other series everything can be asked.
      for (const members of refused.slice(0, 12)) await metrics.query(ask({ ...members, ...later }));
      expect(await metrics.query(ask({ aggregate: "p50", metric: "other" }))).toEqual([]);
      expect(await metrics.query(ask({ aggregate: "p50", agentId: "nobody" }))).toEqual([]);
      expect(await metrics.query(ask({ ...later, to: new Date(START + 3 * DAY - 1) }))).toHaveLength(1);
      const wide = { from: new Date(START - 7 * MINUTE), to: new Date(START + 3 * DAY + 7 * MINUTE) };
      expect(await metrics.query(ask(wide))).toMatchObject([{ points: [{ value: expect.any(Number) }] }]);
      // A bucket that no hour of totals reaches the edge of.
      const month = { every: "1mo", timeZone: "Asia/Kathmandu" };
      expect(await metrics.query(ask({ bucket: month }))).toHaveLength(1);
      expect(before.flat().length).toBeGreaterThan(10);
    });

    it("answers random queries as before, or refuses them where an hour with totals is split", async () => {
      const store = await storeOn(profile);
      const random = new Random("random");
      const samples = randomSamples(random, 400);
      await store.backend.metrics.record(samples);
      const count = profile === FIRST ? 400 : 134;
      const asked = Array.from({ length: count }, () => randomQuery(random));
      const before = await answers(store, asked);
      await dropDay(store, 0);
      await dropDay(store, 1);
      const hours = new Set<number>();
      for (const { ts, metric } of samples) {
        const hour = Math.floor(ts.getTime() / HOUR) * HOUR;
        if (metric === "m" && hour < START + 2 * DAY) hours.add(hour);
      }
      let refused = 0;
      for (const [i, query] of asked.entries()) {
        const answer = await store.backend.metrics.query(query).catch((error: unknown) => error);
        const text = JSON.stringify(query);
        if (!cannotAnswer(query, hours)) {
          expect(answer, text).toEqual(before[i]);
          continue;
        }
        expect(answer, text).toMatchObject(DROPPED);
        refused++;
      }
      expect(refused).toBeGreaterThan(count / 8);
      expect(refused).toBeLessThan((count * 7) / 8);
    });

    it("are answered through centuries of a time zone, piece by piece", async () => {
      const store = await storeOn(profile);
      const times = ["0001-06-01T12:10:00Z", "1970-01-01T00:10:00Z", "2026-03-23T23:30:00Z", "2026-07-01T10:00:00Z"];
      await store.backend.metrics.record(times.map((ts, n) => ({ ts: new Date(ts), metric: "m", value: 2 ** n })));
      const all = { from: new Date("0001-01-01T00:00:00Z"), to: new Date("9999-12-31T23:00:00Z") };
      const asked = ["1d", "1w", "1mo"].map((every) => ask({ ...all, bucket: { every, timeZone: "Etc/GMT-2" } }));
      const before = await answers(store, asked);
      expect(before[0]?.[0]?.points).toHaveLength(4);
      for (let left = 3; left >= 0; left--) {
        const partition = (await store.backend.partitions.list("metrics")).at(left === 3 ? 1 : 0) as Partition;
        await store.backend.partitions.drop(partition, { expect: { rows: partition.rows } });
        await expectAnswers(store, before, asked);
      }
    });

    it("are untouched by a drop that fails", async () => {
      const store = await storeOn(profile);
      const { sql, backend } = store;
      await backend.metrics.record(randomSamples(new Random("failing"), 600, START, DAY));
      const before = await answers(store);
      const partition = await partitionOf(backend, 0);
      for (const rows of [partition.rows - 1, partition.rows + 1, 0]) {
        await expect(backend.partitions.drop(partition, { expect: { rows } })).rejects.toMatchObject({
          code: "conflict",
        });
      }
      expect(await droppedHours(sql)).toEqual([]);

      // Fails when it marks the hours: what is not marked is not removed.
      await sql`ALTER TABLE dropped_metric_hours ADD CONSTRAINT refusal CHECK (hour IS NULL)`;
      await expect(backend.partitions.drop(partition, { expect: { rows: partition.rows } })).rejects.toThrow();
      await sql`ALTER TABLE dropped_metric_hours DROP CONSTRAINT refusal`;
      expect(await droppedHours(sql)).toEqual([]);
      expect((await partitionOf(backend, 0)).rows).toBe(partition.rows);

      // Fails when it removes, after marking.
      const [refuse, allow] = await refusalOf(store);
      await sql.unsafe(refuse);
      await expect(backend.partitions.drop(partition, { expect: { rows: partition.rows } })).rejects.toThrow();
      await sql.unsafe(allow);
      expect(await droppedHours(sql)).toEqual([]);
      await expectAnswers(store, before);
      await dropDay(store, 0);
      await expectAnswers(store, before);
    });

    it("are in every answer once while samples are being dropped, and totals moved", async () => {
      const store = await storeOn(profile);
      await recordBySql(
        store.sql,
        `SELECT to_timestamp(${START / 1000}::float8 + i * 37 % 12960 * 20) AS ts, (i % 999 / 8.0)::float8 AS value, 'm' AS metric,
          'a' || i % 3 AS agent_id, NULL::text AS team_id, jsonb_build_object('tier', (i % 4)::text) AS labels
        FROM generate_series(1, 30000) i`,
      );
      const asked = [
        ask({ aggregate: "count" }),
        ask({ aggregate: "count", bucket: { every: "1d", timeZone: "Europe/Berlin" } }),
      ];
      const before = await answers(store, asked);
      for (const day of [0, 1, 2]) {
        // Of one part of the series there are no totals yet when their samples are dropped.
        const moving = foldAll(store.sql, 20);
        let dropping = true;
        const drop = dropDay(store, day).finally(() => {
          dropping = false;
        });
        // At least one of them is asked while the day is being dropped.
        while (dropping) await expectAnswers(store, before, asked);
        await drop;
        await moving;
      }
      await expectAnswers(store, before, asked);
    });
  });
});
