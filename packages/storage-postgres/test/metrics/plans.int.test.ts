import { type ParsedMetricQuery, parseBucket } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { expect } from "vitest";
import type { Sql } from "../../src/driver/pool.js";
import { selectPoints } from "../../src/metrics/query-sql.js";
import { zoneUnits } from "../../src/metrics/zone-units.js";
import type { PostgresProfile } from "../setup/database.js";
import { type LentSchema, LentSchemas } from "../setup/lent-schemas.js";
import { expectSame } from "../support/expect-same.js";
import { DAY, HOUR } from "../support/metric-questions.js";
import { foldAll, recordBySql, TABLES } from "../support/record-by-sql.js";
import { onProfiles } from "../timescale/support.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community"];
const YEAR = { from: new Date(Date.UTC(2025, 0, 1)), to: new Date(Date.UTC(2026, 0, 1)) };
/** A sample every 20 minutes. */
const SAMPLES = 3 * 24 * 365;

const schemas = new LentSchemas("plans");

async function yearOf(profile: PostgresProfile): Promise<LentSchema> {
  const lent = await schemas.take(profile);
  await recordBySql(
    lent.sql,
    `SELECT to_timestamp(${YEAR.from.getTime() / 1000} + n * 1200) AS ts, (n % 1000 / 8.0)::float8 AS value, 'm' AS metric,
       'agent-' || n % 7 AS agent_id, NULL::text AS team_id, '{}'::jsonb AS labels FROM generate_series(0, ${SAMPLES - 1}) n`,
  );
  await foldAll(lent.sql);
  await lent.sql`VACUUM ANALYZE metrics, metric_series, metric_totals, pending_metric_totals`;
  return lent;
}

interface Node {
  readonly "Relation Name"?: string;
  readonly "Actual Rows"?: number;
  readonly "Actual Loops"?: number;
  readonly Plans?: readonly Node[];
}

/** Rows that a query reads of tables whose name matches. */
async function rowsRead(sql: Sql, members: Partial<ParsedMetricQuery>, name: RegExp): Promise<number> {
  const query: ParsedMetricQuery = {
    metric: "m",
    agentIds: undefined,
    teamIds: undefined,
    labels: {},
    from: YEAR.from.getTime(),
    to: YEAR.to.getTime(),
    bucket: undefined,
    aggregate: "sum",
    groupBy: [],
    keys: undefined,
    decimals: undefined,
    ...members,
  };
  const { bucket } = query;
  const units = bucket && bucket.timeZone !== "UTC" ? zoneUnits(bucket, query.from, query.to) : undefined;
  const { text, values } = selectPoints(TABLES, query, query, units);
  const [row] = await sql.unsafe(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [...values]);
  const count = (node: Node): number => {
    const below = (node.Plans ?? []).reduce((sum, plan) => sum + count(plan), 0);
    // A node over the chunks of a table bears its name and has their rows.
    if (below > 0 || !name.test(node["Relation Name"] ?? "")) return below;
    return (node["Actual Rows"] ?? 0) * (node["Actual Loops"] ?? 1);
  };
  const [{ Plan }] = JSON.parse(row?.["QUERY PLAN"]) as [{ Plan: Node }];
  return count(Plan);
}

const RAW = /^metrics$|^_hyper_/;
const KEPT = /^metric_totals$/;

onProfiles(
  PROFILES,
  "a year is answered from totals, and samples are read of the hours that a question cuts",
  async (profile) => {
    const { sql } = await yearOf(profile);
    const hourly = parseBucket({ every: "1h" });
    const monthly = parseBucket({ every: "1mo", timeZone: "Europe/Berlin" });
    const byAgent = { groupBy: [{ name: "agentId", kind: "agentId" }] } as const;
    for (const [members, kept] of [
      [{}, 12],
      [{ bucket: hourly }, 365 * 24],
      [{ bucket: parseBucket({ every: "1w" }) }, 365],
      [byAgent, 12 * 7],
      [{ agentIds: ["agent-1"] }, 12],
      // 11 whole months, the days before them and the hours of one day.
      [{ from: YEAR.from.getTime() + 9 * HOUR }, 11 + 30 + 15],
      [{ bucket: monthly }, 353 + 12 * 24],
    ] as const) {
      expect(await rowsRead(sql, members, RAW), JSON.stringify(members)).toBe(0);
      expect(await rowsRead(sql, members, KEPT), JSON.stringify(members)).toBe(kept);
    }

    expect(await rowsRead(sql, { from: YEAR.from.getTime() + 1 }, RAW)).toBe(2);
    expect(await rowsRead(sql, { to: YEAR.to.getTime() - 1 }, RAW)).toBe(3);
    const kathmandu = parseBucket({ every: "1d", timeZone: "Asia/Kathmandu" });
    expect(await rowsRead(sql, { bucket: kathmandu }, RAW)).toBe(365 * 3);
    expect(await rowsRead(sql, { aggregate: "p50", to: YEAR.from.getTime() + DAY }, RAW)).toBe(72);
  },
);

onProfiles(
  ["postgres"],
  "a year says the same as its samples do",
  async (profile) => {
    const lent = await yearOf(profile);
    const { metrics } = await lent.open();
    const { metrics: reference } = openMemoryStorage();
    await reference.record(
      Array.from({ length: SAMPLES }, (_, n) => ({
        ts: new Date(YEAR.from.getTime() + n * 1_200_000),
        metric: "m",
        value: (n % 1000) / 8,
        agentId: `agent-${n % 7}`,
      })),
    );
    const zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"];
    for (const timeZone of zones) {
      for (const every of ["1h", "90m", "1d", "1w", "1mo"]) {
        for (const aggregate of ["sum", "last"] as const) {
          const query = { metric: "m", ...YEAR, aggregate, bucket: { every, timeZone } };
          expectSame(await metrics.query(query), await reference.query(query), JSON.stringify(query));
          const part = {
            ...query,
            from: new Date(YEAR.from.getTime() + 5_000_001),
            to: new Date(YEAR.to.getTime() - 40 * DAY - 7),
          };
          expectSame(await metrics.query(part), await reference.query(part), JSON.stringify(part));
        }
      }
    }
  },
  300_000,
);
