import { expect, onTestFinished } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { migratePostgres, rebuildPostgresCounts, verifyPostgresCounts } from "../../src/migrate.js";
import { parsePostgresOptions } from "../../src/options.js";
import { emptyDatabase, type PostgresProfile } from "../setup/database.js";
import { onProfiles } from "../timescale/support.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "postgres-15", "timescale-apache", "timescale-community"];
const FROM = Date.parse("2026-03-30T00:00:00Z");
const HOUR = 3_600_000;

async function store(profile: PostgresProfile, chunkInterval = "7 days") {
  const database = await emptyDatabase(profile, "count_verify");
  onTestFinished(database.drop);
  const options = { ...database.options, chunkInterval };
  await migratePostgres(options);
  const storage = await openPostgresStorage({ ...options, limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
  onTestFinished(() => storage.close());
  const sql = connect({ ...parsePostgresOptions(database.options), maxConnections: 2, applicationName: "aasm test" });
  onTestFinished(() => sql.end({ timeout: 5 }));
  await storage.audit.append(
    Array.from({ length: 300 }, (_, n) => ({
      ts: new Date(FROM + n * HOUR * 0.3),
      agentId: `agent-${n % 7}`,
      action: "tool_call",
      decision: n % 3 === 0 ? "deny" : "allow",
      payload: { tool: `tool-${n % 4}`, n },
    })),
  );
  const count = () => sql.unsafe("SELECT count_audit_events(1, 1000)");
  return { options, storage, sql, count };
}

async function stateOf(sql: Sql) {
  const [row] = await sql<{ next: string }[]>`SELECT next::text, counted_to::text FROM audit_count_state`;
  return row;
}

onProfiles(
  PROFILES,
  "damage by hand is found, and counting anew mends it while events are appended",
  async (profile) => {
    const { options, storage, sql, count } = await store(profile);
    await count();
    expect(await verifyPostgresCounts(options)).toEqual([]);
    const all = await storage.audit.count();

    await sql`UPDATE audit_count_cells SET events[1] = events[1] + 5 WHERE cube = 1 AND level = 1
    AND start = (SELECT min(start) FROM audit_count_cells WHERE cube = 1 AND level = 1)`;
    expect(await verifyPostgresCounts(options)).toEqual([
      expect.stringMatching(
        /^counts by action, decision, dryRun: the hour from 2026-03-30T00:00:00.000Z of \{.*\} has \d+ \(\d+ bytes\) events instead of \d+ \(\d+ bytes\)$/,
      ),
      expect.stringMatching(/^counts by action, decision, dryRun: the day from 2026-03-30T00:00:00.000Z has/),
    ]);
    await rebuildPostgresCounts(options);
    expect(await verifyPostgresCounts(options)).toEqual([]);
    expect(await storage.audit.count()).toBe(all);

    // A month that lacks a combination, one that there is no combination for, and cells of a cube that there is not.
    await sql`UPDATE audit_count_cells SET keys = keys[2:], events = events[2:] WHERE cube = 5 AND level = 3`;
    await sql`UPDATE audit_count_cells SET keys[1] = 2000000000 WHERE cube = 2 AND level = 1
    AND start = (SELECT max(start) FROM audit_count_cells WHERE cube = 2 AND level = 1)`;
    await sql`UPDATE audit_count_cells SET cube = 99 WHERE cube = 3 AND level = 2`;
    const found = (await verifyPostgresCounts(options)).join("\n");
    expect(found).toMatch(/counts by agentId, decision, dryRun: the month from 2026-0[34]-01/);
    expect(found).toMatch(/counts by teamId, action, decision, dryRun: the hour from /);
    expect(found).toMatch(/counts by the unknown cube 99: the day from /);
    expect(found).toMatch(/counts by decision, dryRun, matchedRuleId: the day from .* has 0 events instead of/);
    await rebuildPostgresCounts(options);
    expect(await verifyPostgresCounts(options)).toEqual([]);

    // The position moved back, forth, and beyond what there is.
    await storage.audit.append([{ ts: new Date(FROM), agentId: "late", action: "x", decision: "allow" }]);
    await sql`UPDATE audit_count_state SET next = (SELECT max(xact) + 1 FROM audit_events)`;
    expect(await verifyPostgresCounts(options)).not.toEqual([]);
    await sql`UPDATE audit_count_state SET next = 3`;
    expect(await verifyPostgresCounts(options)).not.toEqual([]);
    await sql`UPDATE audit_count_state SET next = 1000000000000`;
    expect(await verifyPostgresCounts(options)).toEqual([
      "counts of events are said to include transaction 999999999999, which has not begun",
    ]);
    let more = 0;
    let over = false;
    const appending = (async () => {
      while (!over)
        more += (await storage.audit.append([{ ts: new Date(FROM), agentId: "late", action: "x", decision: "allow" }]))
          .inserted;
    })();
    await rebuildPostgresCounts(options);
    over = true;
    await appending;
    expect(await verifyPostgresCounts(options)).toEqual([]);
    expect(await storage.audit.count()).toBe(all + 1 + more);
    expect((await stateOf(sql))?.next).not.toBe("1000000000000");
  },
);

onProfiles(PROFILES, "a drop that takes more out of a cell than is in it has all counted anew", async (profile) => {
  const { options, storage, sql, count } = await store(profile);
  await count();
  await sql`UPDATE audit_count_cells SET events = ARRAY(SELECT 0 FROM unnest(events)) WHERE cube = 4`;
  const [partition] = await storage.partitions.list("audit");
  if (partition === undefined) throw new Error("there is no partition");
  const selection = { only: [{ agentId: "agent-1" }] };
  const { rows } = await storage.partitions.measure(partition, { selection });
  expect(await storage.partitions.drop(partition, { selection, expect: { rows } })).toEqual({ rows });
  expect(await stateOf(sql)).toMatchObject({ next: "0" });
  expect(await storage.audit.count()).toBe(300 - rows);
  await count();
  expect(await verifyPostgresCounts(options)).toEqual([]);
});

onProfiles(
  ["timescale-apache", "timescale-community"],
  "chunks of half days are taken out of the counts too, and whole ones without a look at their events",
  async (profile) => {
    for (const interval of ["12 hours", "1 day"]) {
      const { options, storage, sql, count } = await store(profile, interval);
      await count();
      // Not counted when it is dropped.
      await storage.audit.append([{ ts: new Date(FROM + 30 * HOUR), agentId: "late", action: "x", decision: "allow" }]);
      const partitions = await storage.partitions.list("audit");
      expect(partitions.length).toBeGreaterThan(3);
      for (const n of [1, 2]) {
        const partition = partitions[n];
        if (partition === undefined) throw new Error("there are too few partitions");
        const before = await storage.audit.count();
        await storage.partitions.drop(partition, { expect: { rows: partition.rows } });
        expect(await storage.audit.count()).toBe(before - partition.rows);
        expect(await verifyPostgresCounts(options), interval).toEqual([]);
      }
      await count();
      expect(await verifyPostgresCounts(options), interval).toEqual([]);
      const [rows] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM audit_events`;
      expect(await storage.audit.count()).toBe(rows?.n);
    }
  },
);
