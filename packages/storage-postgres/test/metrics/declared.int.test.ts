import type { MetricStore } from "@agent-assembly/storage-core";
import { createMetricStore, type SampleRow } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Pool, Sql } from "../../src/driver/pool.js";
import { PostgresMetricDriver } from "../../src/metrics/driver.js";
import { recordSamples } from "../../src/metrics/record-sql.js";
import { metricTables } from "../../src/metrics/tables.js";
import { type PostgresProfile, poolOn } from "../setup/database.js";
import { type LentSchema, LentSchemas } from "../setup/lent-schemas.js";
import { DAY, HOUR, RANGE, START } from "../support/metric-questions.js";
import { Random } from "../support/random.js";
import { foldAll, recordBySql } from "../support/record-by-sql.js";
import { waitingForLocks } from "../timescale/support.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];
const schemas = new LentSchemas("declared");

function sampleOf(members: Partial<SampleRow>): SampleRow {
  return { ts: START, metric: "m", value: 1, agentId: null, teamId: null, labels: {}, ...members };
}

function poolOf({ options }: LentSchema): Pool {
  const pool = poolOn(options, { schema: options.schema });
  onTestFinished(() => pool.close());
  return pool;
}

function driverOf(lent: LentSchema): PostgresMetricDriver {
  return new PostgresMetricDriver(poolOf(lent), lent.options.schema);
}

/** A process of its own: it knows the definitions that it has read itself. */
async function processOn(lent: LentSchema): Promise<MetricStore> {
  return (await lent.open()).metrics;
}

async function untilOneWaits(sql: Sql): Promise<void> {
  await expect.poll(() => waitingForLocks(sql), { timeout: 10_000, interval: 20 }).toBe(1);
}

describe.each(PROFILES)("declared metrics on %s", (profile) => {
  describe(...needing(profile, "a store", { timeout: 300_000 }), () => {
    it("has amounts that are exact to the last digit, however many are added", async () => {
      const lent = await schemas.take(profile);
      const metrics = await processOn(lent);
      const definition = { name: "cost", unit: "USD", kind: "delta", decimals: 1 } as const;
      expect(await metrics.define(definition)).toEqual(definition);
      expect(await metrics.define(definition)).toEqual(definition);
      await recordBySql(
        lent.sql,
        `SELECT to_timestamp(${START / 1000} + n / 10.0) AS ts, 0.1::float8 AS value, 'cost' AS metric, NULL::text AS agent_id,
           'team-' || n % 3 AS team_id, '{}'::jsonb AS labels FROM generate_series(0, 299999) n`,
      );
      await metrics.record([{ ts: new Date(START), metric: "cost", value: 1e14 }]);
      const cost = { metric: "cost", ...RANGE, aggregate: "sum" } as const;
      for (const moved of [false, true]) {
        if (moved) await foldAll(lent.sql);
        for (const from of [START, START - 1, START - HOUR]) {
          const [whole] = await metrics.query({ ...cost, from: new Date(from) });
          expect(whole?.points[0]).toMatchObject({ exact: "100000000030000.0", value: 100000000030000 });
        }
        const [cut] = await metrics.query({ ...cost, from: new Date(START + 1), to: new Date(START + 20_000_000) });
        expect(cut?.points[0]?.exact).toBe("19999.9");
        const teams = await metrics.query({ ...cost, groupBy: ["teamId"], bucket: { every: "1d" } });
        expect(teams.map(({ points }) => points[0]?.exact)).toEqual([
          "10000.0",
          "10000.0",
          "10000.0",
          "100000000000000.0",
        ]);
        const [rate] = await metrics.query({ ...cost, aggregate: "avg", teamId: "team-1" });
        expect(rate?.points[0]?.value).toBe(0.1);
        const [median] = await metrics.query({ ...cost, aggregate: "p50", teamId: "team-1" });
        expect(median?.points[0]?.value).toBe(0.1);
      }
    });

    it("answers as the reference does, whatever is declared", async () => {
      const lent = await schemas.take(profile);
      const { audit, metrics: reference } = openMemoryStorage();
      const metrics = createMetricStore(driverOf(lent), audit);
      const random = new Random("declared");
      for (const definition of [
        { name: "cost", unit: "USD", kind: "delta", decimals: 4 },
        { name: "bytes", unit: "bytes", kind: "cumulative", decimals: 0 },
        { name: "level", kind: "gauge" },
      ] as const) {
        expect(await metrics.define(definition)).toEqual(await reference.define(definition));
      }
      for (let round = 0; round < 4; round++) {
        const samples = Array.from({ length: 150 }, (_, n) => ({
          ts: new Date(START + round * 12 * HOUR + random.below(16 * HOUR)),
          metric: random.of(["cost", "bytes", "level", "other"]),
          value: n % 25 === 0 ? 2 ** -7 : random.below(100_000),
          agentId: random.of(["a", "b"]),
          labels: random.below(2) === 0 ? {} : { model: random.of(["x", "\uE0FF"]) },
        }));
        expect(await metrics.record(samples)).toEqual(await reference.record(samples));
        if (round === 1) await foldAll(lent.sql);
      }
      for (const metric of ["cost", "bytes", "level", "other"]) {
        for (const aggregate of ["sum", "count", "min", "max", "last", "p95", "avg", "rate"] as const) {
          const query = { metric, ...RANGE, aggregate };
          for (const more of [
            {},
            { groupBy: ["agentId"], bucket: { every: "1d", timeZone: "Asia/Kolkata" } },
          ] as const) {
            const found = await metrics.query({ ...query, ...more });
            const expected = await reference.query({ ...query, ...more });
            expect(found, `${metric} ${aggregate}`).toEqual(expected);
          }
        }
        const top = { metric, ...RANGE, by: ["agentId", "labels.model"], limit: 2, bucket: { every: "6h" } } as const;
        expect(await metrics.top(top)).toEqual(await reference.top(top));
      }
      expect(await metrics.list()).toEqual(await reference.list());
    });

    it("are refused once there are samples, wherever these are", async () => {
      const lent = await schemas.take(profile);
      const metrics = await processOn(lent);
      const samples = [0, 1].map((day) => ({ ts: new Date(START + day * DAY), metric: "m", value: 1 }));
      await metrics.record(samples);
      const refused = { code: "conflict", message: expect.stringMatching(/already has samples/) };
      const cumulative = { name: "m", kind: "cumulative" } as const;
      await expect(metrics.define(cumulative)).rejects.toMatchObject(refused);
      await foldAll(lent.sql);
      await expect(metrics.define({ ...cumulative, kind: "delta", decimals: 2 })).rejects.toMatchObject(refused);
      await lent.sql`TRUNCATE metrics`;
      await expect(metrics.define(cumulative)).rejects.toMatchObject(refused);
      expect(await metrics.define({ name: "m", kind: "delta", unit: "s" })).toMatchObject({ unit: "s" });
      const otherwise = { code: "conflict", message: expect.stringMatching(/already declared as/) };
      await expect(metrics.define(cumulative)).rejects.toMatchObject(otherwise);
    });

    it("does not let a write that did not know the definition come after it", async () => {
      const lent = await schemas.take(profile);
      const [writer, definer] = [driverOf(lent), driverOf(lent)];
      const tables = metricTables(lent.options.schema);
      const { text, values } = recordSamples(tables, [sampleOf({})], new Map());
      const definition = { name: "m", kind: "delta", decimals: 2 } as const;
      // A write that has not committed yet: the definition waits, and then sees the sample.
      let defining: Promise<unknown> = Promise.resolve();
      await lent.sql.begin(async (transaction) => {
        expect(await transaction.unsafe(text, [...values]).values()).toEqual([[true, "1"]]);
        defining = definer.define(definition);
        await untilOneWaits(lent.sql);
      });
      expect(await defining).toEqual({ status: "has_samples" });

      // A definition that has not committed yet: the write waits, and is refused. As the first time, so with a plan that is
      // used again.
      for (let n = 0; n < 8; n++) await writer.record([sampleOf({ metric: "before" })], new Map());
      const other = { ...definition, name: "n" };
      let recording: Promise<unknown> = Promise.resolve();
      await lent.sql.begin(async (transaction) => {
        await transaction.unsafe(`LOCK TABLE ${tables.definitions} IN EXCLUSIVE MODE`);
        recording = writer.record([sampleOf({ metric: "n" })], new Map());
        await untilOneWaits(lent.sql);
        await transaction`INSERT INTO metric_definitions VALUES ('n', NULL, 'delta', 2, now())`;
      });
      expect(await recording).toEqual({ status: "redefined" });
      expect(await writer.record([sampleOf({ metric: "n" })], new Map([["n", { ...other, unit: "s" }]]))).toEqual({
        status: "redefined",
      });
      expect(await lent.sql`SELECT 1 FROM metrics WHERE metric = 'n'`).toHaveLength(0);
      expect(await writer.record([sampleOf({ metric: "n" })], new Map([["n", other]]))).toMatchObject({
        status: "recorded",
      });
    });

    it("does not make writers, readers and dumps wait for each other", async () => {
      const lent = await schemas.take(profile);
      const driver = driverOf(lent);
      await lent.sql.begin(async (transaction) => {
        // As pg_dump does, and as another write does.
        await transaction`LOCK TABLE metric_definitions IN ACCESS SHARE MODE`;
        await transaction`SELECT FROM metric_definitions WHERE name = '' FOR KEY SHARE`;
        expect(await driver.record([sampleOf({})], new Map())).toMatchObject({ status: "recorded" });
        expect(await driver.define({ name: "unit", kind: "gauge", unit: "s" })).toEqual({ status: "defined" });
      });
      await lent.sql.begin(async (transaction) => {
        await transaction`LOCK TABLE metric_definitions IN ACCESS SHARE MODE`;
        expect(await driver.define({ name: "money", kind: "delta", decimals: 2 })).toEqual({ status: "defined" });
      });
    });

    it("is learned by another process with its first write, which is checked anew", async () => {
      const lent = await schemas.take(profile);
      const [one, other] = [await processOn(lent), await processOn(lent)];
      await other.record([{ ts: new Date(START), metric: "unrelated", value: 1 }]);
      await one.define({ name: "cost", kind: "delta", decimals: 2 });
      const at = { ts: new Date(START), metric: "cost" };
      const result = await other.record([
        { ...at, value: 0.125 },
        { ...at, value: 0.25 },
      ]);
      expect(result).toMatchObject({ recorded: 1, rejected: [{ index: 0, code: "invalid_argument" }] });
    });

    it("counts what counters rise by, whichever process reads them", async () => {
      const lent = await schemas.take(profile);
      const processes = [await processOn(lent), await processOn(lent), await processOn(lent)];
      const [one, other] = processes as [MetricStore, MetricStore];
      await one.define({ name: "requests", kind: "cumulative" });
      const names = ["a", "b", "c", "d", "e", "f"];
      // All counters rise by one each second; a process reads them in an order of its own.
      let late = 0;
      await Promise.all(
        processes.map(async (metrics, n) => {
          const random = new Random(`reader ${n}`);
          for (let second = n + 1; second <= 90; second += 3) {
            const readings = names.map((agentId) => ({
              ts: new Date(START + second * 1000),
              metric: "requests",
              value: second,
              agentId,
            }));
            const { rejected } = await metrics.record(readings.toSorted(() => random.next() - 0.5));
            expect(rejected.every(({ code }) => code === "out_of_order")).toBe(true);
            late += rejected.length;
          }
        }),
      );
      expect(late).toBeLessThan(names.length * 90);
      const query = { metric: "requests", ...RANGE, aggregate: "sum", groupBy: ["agentId"] } as const;
      for (const { points } of await other.query(query)) expect(points[0]?.value).toBe(90);
      const at = (second: number, value: number) => ({
        ts: new Date(START + second * 1000),
        metric: "requests",
        value,
        agentId: "a",
      });
      expect(await other.record([at(100, 7), at(101, 9), at(50, 3)])).toMatchObject({
        recorded: 2,
        rejected: [{ index: 2, code: "out_of_order" }],
      });
      expect((await one.query({ ...query, agentId: "a" }))[0]?.points[0]?.value).toBe(99);
      const [counters] = await lent.sql`SELECT count(*)::int AS n, count(reading)::int AS known FROM metric_counters`;
      expect(counters).toEqual({ n: names.length, known: names.length });
    });

    it("lists metrics and values as the reference does, names with wildcards included", async () => {
      const lent = await schemas.take(profile);
      const { metrics: reference } = openMemoryStorage();
      const metrics = await processOn(lent);
      const random = new Random("catalog");
      const names = ["a%b", "a_b", "axb", "a%", "A%b", "\u{10000}"];
      const values = ["x", "%", "\uE0FF", "\u{10000}", "\uffff", "NULL"];
      for (let round = 0; round < 3; round++) {
        const samples = Array.from({ length: 120 }, () => ({
          ts: new Date(START + random.below(3 * DAY)),
          metric: random.of(names),
          value: 1,
          agentId: random.maybe(values),
          teamId: random.maybe(values),
          labels: Object.fromEntries(
            ["model", "\uE0FF", "__proto__"].flatMap((name) =>
              random.below(2) === 0 ? [] : [[name, random.of(values)]],
            ),
          ),
        }));
        expect(await metrics.record(samples)).toEqual(await reference.record(samples));
        if (round === 1) await foldAll(lent.sql);
        expect(await metrics.list()).toEqual(await reference.list());
        for (const prefix of ["a%", "a_", "a", "\u{10000}", "%", "zz"]) {
          expect(await metrics.list({ prefix }), prefix).toEqual(await reference.list({ prefix }));
        }
        for (const by of [
          "agentId",
          "teamId",
          "labels.model",
          "labels.\uE0FF",
          "labels.__proto__",
          "labels.none",
        ] as const) {
          for (const [metric, limit] of [
            ["a%b", undefined],
            ["axb", 2],
            ["none", 1],
          ] as const) {
            const request = { metric, by, limit };
            expect(await metrics.labelValues(request), by).toEqual(await reference.labelValues(request));
          }
        }
      }
    });
  });
});
