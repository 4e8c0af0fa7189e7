import { runMigrations } from "@agent-assembly/migrations";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { needing } from "@agent-assembly/test-services/needing";
import { expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect } from "../../src/driver/client/connect.js";
import { migratePostgres, verifyPostgresSchema } from "../../src/migrate.js";
import { parseConnectionOptions } from "../../src/options.js";
import { PostgresMigrationDriver } from "../../src/schema/migration-driver.js";
import { POSTGRES_MIGRATIONS } from "../../src/schema/migrations.js";
import { applyTimescale } from "../../src/timescale/reconcile.js";
import { emptyDatabase, type PostgresProfile } from "../setup/database.js";
import { expectSame } from "../support/expect-same.js";
import {
  cannotAnswer,
  FIRST,
  HOUR,
  questions,
  RANGE,
  randomQuery,
  randomSamples,
} from "../support/metric-questions.js";
import { Random } from "../support/random.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];

/** What version 1 of the schema did when it dropped samples. */
const DROP_AS_BEFORE = `
  WITH deleted AS (DELETE FROM metrics WHERE ts < '2026-03-24T11:30:00Z' AND agent_id IS DISTINCT FROM 'b' RETURNING *)
  INSERT INTO metric_totals
  SELECT metric, date_trunc('hour', ts, 'UTC'), sha256(convert_to(jsonb_build_array(agent_id, team_id, labels)::text, 'UTF8')),
    agent_id, team_id, labels, count(*), coalesce(sum(value), 0), 0, min(value), max(value), max(ts),
    (max(ARRAY[date_part('epoch', ts), value]))[2]
  FROM deleted GROUP BY metric, date_trunc('hour', ts, 'UTC'), agent_id, team_id, labels`;

for (const profile of PROFILES) {
  const title = `${profile}: a store of version 1 keeps its metrics, with what it had dropped`;
  it(...needing(profile, title, { timeout: 300_000 }), async () => {
    await using database = await emptyDatabase(profile, "upgrade");
    const { options } = database;
    const connection = parseConnectionOptions(options);
    const sql = connect({ ...connection, maxConnections: 3, applicationName: "aasm test" });
    try {
      const driver = new PostgresMigrationDriver(sql, { schema: "public", lockTimeoutMs: 10_000 });
      await runMigrations(driver, POSTGRES_MIGRATIONS.slice(0, 1), { toolVersion: "0.0.0" });
      if (profile.startsWith("timescale")) await applyTimescale(sql, connection);
      const samples = randomSamples(new Random("upgrade"), 1200);
      const rows = samples.map(({ ts, agentId, teamId, ...rest }) => ({
        ...rest,
        ts: ts.toISOString(),
        agent_id: agentId ?? null,
        team_id: teamId ?? null,
      }));
      await sql.unsafe(
        `INSERT INTO metrics SELECT * FROM jsonb_to_recordset($1::jsonb) AS s
           (ts timestamptz, value float8, metric text, agent_id text, team_id text, labels jsonb)`,
        // The mark of escaped characters, as the store writes it.
        [JSON.stringify(rows).replaceAll("\uE0FF", "\uE0FFe0ff")],
      );
      const dropped = await sql.unsafe<{ hour: string; metric: string }[]>(
        `SELECT DISTINCT metric, date_trunc('hour', ts, 'UTC') AS hour FROM metrics
         WHERE ts < '2026-03-24T11:30:00Z' AND agent_id IS DISTINCT FROM 'b'`,
      );
      await sql.unsafe(DROP_AS_BEFORE);
      expect(dropped.length).toBeGreaterThan(20);

      await migratePostgres(options);
      expect(await verifyPostgresSchema(options)).toEqual([]);
      await using storage = await openPostgresStorage(options);
      const { metrics: reference } = openMemoryStorage();
      await reference.record(samples);
      for (const query of questions(FIRST)) {
        expectSame(await storage.metrics.query(query), await reference.query(query), JSON.stringify(query));
      }
      const hours = new Set(
        dropped
          .filter(({ metric }) => metric === "m")
          .map(({ hour }) => Date.parse(`${hour.replace(" ", "T")}Z`.replace("+00Z", "Z"))),
      );
      const random = new Random("after");
      let refused = 0;
      for (let i = 0; i < 150; i++) {
        const query = randomQuery(random);
        const answer = storage.metrics.query(query);
        if (cannotAnswer(query, hours)) {
          await expect(answer, JSON.stringify(query)).rejects.toMatchObject({ code: "unsupported" });
          refused++;
        } else expectSame(await answer, await reference.query(query), JSON.stringify(query));
      }
      expect(refused).toBeGreaterThan(20);
      const [info] = await storage.metrics.list({ prefix: "m" });
      const [expected] = await reference.list({ prefix: "m" });
      // Of dropped samples the hour is known, and not the instant.
      const first = new Date(Math.floor((expected?.first?.getTime() ?? 0) / HOUR) * HOUR);
      expect(info).toEqual({ ...expected, first });

      await storage.metrics.record(samples);
      await reference.record(samples);
      const query = { metric: "m", ...RANGE, aggregate: "sum", groupBy: ["agentId", "labels.model"] } as const;
      expect(await storage.metrics.query(query)).toEqual(await reference.query(query));
    } finally {
      await sql.end({ timeout: 5 });
    }
  });
}
