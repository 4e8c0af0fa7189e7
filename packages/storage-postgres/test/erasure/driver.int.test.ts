import { randomBytes, randomUUID } from "node:crypto";
import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { type ErasingEvent, findParts, markerOf, withoutParts } from "@agent-assembly/storage-core/backend";
import { expect, onTestFinished } from "vitest";
import { AuditReader } from "../../src/audit/reader.js";
import { wrongCounts } from "../../src/counts/verify.js";
import { Pool } from "../../src/driver/pool.js";
import { PostgresErasureDriver } from "../../src/erasure/driver.js";
import { PostgresEvidenceDriver } from "../../src/evidence/driver.js";
import { parsePostgresOptions } from "../../src/options.js";
import type { PostgresProfile } from "../setup/database.js";
import { type LentSchema, LentSchemas } from "../setup/lent-schemas.js";
import { OLD } from "../support/old-events.js";
import { onProfiles } from "../timescale/support.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-community"];
const schemas = new LentSchemas("erasing");
const LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY };

interface Bench {
  readonly lent: LentSchema;
  readonly storage: StorageBackend;
  readonly pool: Pool;
  readonly driver: PostgresErasureDriver;
  /** The events of an agent, as they would be erased now. */
  erasing(agentId: string): Promise<ErasingEvent[]>;
}

/** Counted events of four agents, compressed where that can be. */
async function bench(profile: PostgresProfile, rows = 400): Promise<Bench> {
  const lent = await schemas.take(profile);
  const storage = await lent.open({ limits: LIMITS });
  await storage.audit.append(given(rows));
  await lent.sql`SELECT count_audit_events(1, 100000)`;
  if (profile === "timescale-community") {
    for (const partition of await storage.partitions.list("audit")) await storage.partitions.compress(partition);
  }
  const pool = new Pool({ ...parsePostgresOptions(lent.options), applicationName: "aasm test" });
  onTestFinished(() => pool.close());
  const read = new AuditReader(pool, `"${lent.options.schema}".audit_events`, new AbortController().signal);
  return {
    lent,
    storage,
    pool,
    driver: new PostgresErasureDriver(pool),
    async erasing(agentId) {
      const texts = [{ field: "agentId" as const, values: [agentId] }];
      const filter = { from: undefined, to: undefined, texts, dryRun: undefined, payload: [] };
      const found = await read.rows(filter, "oldest", undefined, 1000);
      return found.map((event) => erasing(event, ["agentId", "payload"]));
    },
  };
}

function erasing(event: ErasingEvent["event"], wanted: readonly string[]): ErasingEvent {
  const { parts } = findParts(event, new Set(wanted), []);
  const after = withoutParts(event, parts);
  return { event, after, parts, before: [], marker: markerOf([], parts, after.payload) };
}

function given(rows: number): NewAuditEvent[] {
  return Array.from({ length: rows }, (_, i) => ({
    ts: new Date(OLD.getTime() + i * 60_000),
    eventId: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
    agentId: `agent-${i % 4}`,
    teamId: i % 2 === 0 ? "red" : "blue",
    action: "tool_call",
    decision: "allow",
    payload: { tool: "search", n: i },
  }));
}

onProfiles(PROFILES, "a batch with an event that has changed erases nothing, and names it", async (profile) => {
  const { lent, storage, driver, erasing: of } = await bench(profile);
  const [first, ...others] = await of("agent-1");
  expect(await driver.erase({ erasureId: randomUUID(), events: [first as ErasingEvent] })).toEqual({
    outcome: "erased",
  });
  const all = [first as ErasingEvent, ...others];
  const { ts, eventId } = (first as ErasingEvent).event;
  expect(await driver.erase({ erasureId: randomUUID(), events: all })).toEqual({
    outcome: "changed",
    changed: [{ ts, eventId }],
  });
  const gone = {
    ...(others[0] as ErasingEvent),
    event: { ...(others[0] as ErasingEvent).event, eventId: randomUUID() },
  };
  expect(await driver.erase({ erasureId: randomUUID(), events: [gone] })).toMatchObject({ outcome: "changed" });
  expect(await storage.audit.count({ agentId: "erased" })).toBe(1);
  expect(await wrongCounts(lent.sql, lent.options.schema)).toEqual([]);
});

onProfiles(
  PROFILES,
  "a hold that is placed during an erasure is waited for, and keeps what it covers",
  async (profile) => {
    const { lent, storage, driver, erasing: of } = await bench(profile);
    const events = await of("agent-2");
    const { holdId } = await storage.holds.place({ teamId: "red", reason: "case 7", actor: "ann" });
    const error = await driver.erase({ erasureId: randomUUID(), events }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "conflict", message: expect.stringContaining(holdId) });
    expect((error as Error).message).toContain("100 events");
    await storage.holds.release(holdId, { actor: "ann", reason: "closed" });
    // One that is being placed.
    let commit = (): void => undefined;
    const decided = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let tell = (): void => undefined;
    const isPlaced = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const placing = lent.sql.begin(async (sql) => {
      await sql`SELECT place_legal_hold(gen_random_uuid(), 'agent-2', NULL, NULL, NULL, 'case 8', 'ann')`;
      tell();
      await decided;
    });
    await Promise.race([isPlaced, placing]);
    const refused = driver.erase({ erasureId: randomUUID(), events }).catch((thrown: unknown) => thrown);
    await waiting(lent);
    commit();
    await placing;
    expect(await refused).toMatchObject({ code: "conflict" });
    expect(await driver.erase({ erasureId: randomUUID(), events: await of("agent-3") })).toEqual({ outcome: "erased" });
    expect(await storage.audit.count({ agentId: "agent-2" })).toBe(100);
  },
);

onProfiles(PROFILES, "an erasure whose connection is killed has erased all of a batch or nothing", async (profile) => {
  const { lent, storage, driver, erasing: of } = await bench(profile);
  for (let round = 0; round < 4; round++) {
    const agentId = `agent-${round}`;
    const events = await of(agentId);
    // Holds up what the batch does last.
    const blocked = lent.sql.begin(async (sql) => {
      await sql`LOCK TABLE audit_erased IN SHARE MODE`;
      const running = driver.erase({ erasureId: randomUUID(), events }).catch((thrown: unknown) => thrown);
      await waiting(lent);
      await lent.sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'aasm test' AND query LIKE '%erase_audit_events%' AND pid <> pg_backend_pid()`;
      return running;
    });
    expect(await blocked).toBeInstanceOf(Error);
    expect(await storage.audit.count({ agentId })).toBe(100);
    expect(await driver.erased(events.map(({ event }) => event))).toEqual([]);
    expect(await driver.erase({ erasureId: randomUUID(), events: await of(agentId) })).toEqual({ outcome: "erased" });
  }
  expect(await storage.audit.count({ agentId: "erased" })).toBe(400);
  expect(await wrongCounts(lent.sql, lent.options.schema)).toEqual([]);
});

onProfiles(PROFILES, "evidence is replaced with the events, unless it has changed", async (profile) => {
  const { pool, storage, driver, erasing: of } = await bench(profile, 40);
  const evidence = new PostgresEvidenceDriver(pool, undefined);
  const node = (): Uint8Array => randomBytes(32);
  const seed = { bundle: 0, depth: 0, path: 0, node: node() };
  const root = node();
  await evidence.begin({ log: 1, origin: "o", root, chain: "{}" });
  const to = { size: 1, root, position: "1", chain: "{}" };
  const empty = { batches: [], statements: [], tiles: [] };
  await evidence.commit({ log: 1, from: { size: 0, position: "" }, to, seeds: [seed], ...empty });
  const events = await of("agent-1");
  const seeds = [
    { bundle: 0, depth: 1, path: 0, node: node() },
    { bundle: 0, depth: 1, path: 1, node: node() },
  ];
  const parts = [
    { leaf: 3, place: 0, isErased: false, bytes: node() },
    { leaf: 3, place: 1, isErased: true, bytes: node() },
    { leaf: 9, place: 0, isErased: true, bytes: node() },
  ];
  const other = { log: 1, replaced: [{ ...seed, node: node() }], seeds, parts };
  expect(await driver.erase({ erasureId: randomUUID(), events, evidence: other })).toEqual({
    outcome: "evidence_changed",
  });
  expect(await storage.audit.count({ agentId: "erased" })).toBe(0);
  expect(await driver.erase({ erasureId: randomUUID(), events, evidence: { ...other, replaced: [seed] } })).toEqual({
    outcome: "erased",
  });
  const plain = <T extends object>(rows: readonly T[]): unknown => rows.map((row) => ({ ...row, ...bytesOf(row) }));
  expect(plain(await evidence.seeds(1, { from: 0, limit: 10 }))).toEqual(plain(seeds));
  expect(plain(await evidence.parts(1, { from: 0, limit: 1 }))).toEqual(plain(parts.slice(0, 2)));
  expect(plain(await evidence.parts(1, { from: 4, limit: 5 }))).toEqual(plain(parts.slice(2)));
  const salts = [{ leaf: 3, place: 0, isErased: true, bytes: node() }];
  await driver.erase({
    erasureId: randomUUID(),
    events: [],
    evidence: { log: 1, replaced: seeds, seeds, parts: salts },
  });
  expect(plain(await evidence.parts(1, { from: 3, limit: 1 }))).toEqual(plain([...salts, parts[1] as object]));
});

onProfiles(PROFILES, "a restored event is stored without what was erased, and counted once", async (profile) => {
  const { lent, storage, driver, erasing: of } = await bench(profile);
  const events = await of("agent-1");
  await driver.erase({ erasureId: randomUUID(), events });
  for (const partition of await storage.partitions.list("audit")) {
    const measured = await storage.partitions.measure(partition);
    await storage.partitions.drop(partition, { expect: { rows: measured.rows } });
  }
  expect(await storage.audit.count({})).toBe(0);
  const archived = events.map(
    ({ event: { ts, recordedAt, eventId, agentId, teamId, action, decision, dryRun, payload } }) => ({
      ts: new Date(ts),
      recordedAt: new Date(recordedAt),
      eventId,
      agentId,
      ...(teamId === null ? {} : { teamId }),
      action,
      decision,
      dryRun,
      ...(payload === null ? {} : { payload: JSON.parse(payload) }),
    }),
  );
  for (const some of [archived.slice(0, 1), archived.slice(0, 50), archived]) {
    await storage.partitions.restore(some);
  }
  expect(await storage.audit.count({ agentId: "erased" })).toBe(100);
  expect(
    await lent.sql`SELECT FROM audit_events WHERE payload IS NOT NULL OR tool IS NOT NULL OR agent_id <> 'erased'`,
  ).toHaveLength(0);
  // One that is marked while it is in an archive alone.
  const [{ ts, eventId }] = [(await of("erased"))[0]?.event ?? { ts: 0, eventId: "" }];
  await driver.mark([{ ts, eventId, parts: ["sessionId", "payload:/\uD800\u0000", "payload:/a"] }]);
  expect(await driver.erased([{ ts, eventId }])).toEqual([{ ts, eventId, parts: ["agentId", "payload", "sessionId"] }]);
});

onProfiles(PROFILES, "far apart events of a compressed chunk decompress little else", async (profile) => {
  const { lent, storage, driver, erasing: of } = await bench(profile, 0);
  await lent.sql`
    INSERT INTO audit_events (ts, event_id, dry_run, agent_id, action, decision, payload)
    SELECT ${OLD.toISOString()}::timestamptz + i * interval '10 seconds', gen_random_uuid(), false, 'busy', 'tool_call', 'allow',
      jsonb_build_object('n', i) FROM generate_series(1, 30000) AS i`;
  for (const partition of profile === "timescale-community" ? await storage.partitions.list("audit") : []) {
    await storage.partitions.compress(partition);
  }
  const busy = await of("busy");
  const stored = await lent.sql<{ seq: number }[]>`SELECT seq::float8 AS seq FROM audit_events WHERE seq % 6000 = 0`;
  const rows = await storage.evidenceSupport?.rows(stored.map(({ seq }) => seq));
  expect(busy.length).toBeGreaterThan(0);
  const events = (rows ?? []).map(({ event }) => erasing(event, ["payload"]));
  expect(events.length).toBeGreaterThanOrEqual(5);
  expect(await driver.erase({ erasureId: randomUUID(), events })).toEqual({ outcome: "erased" });
  expect(await lent.sql`SELECT FROM audit_events WHERE payload IS NULL`).toHaveLength(events.length);
  if (profile !== "timescale-community") return;
  const [chunk] = await lent.sql<{ table: string }[]>`
    SELECT format('%I.%I', chunk_schema, chunk_name) AS table FROM timescaledb_information.chunks
    WHERE hypertable_schema = ${lent.options.schema} AND is_compressed`;
  const [decompressed] = await lent.sql.unsafe<{ n: number }[]>(`SELECT count(*)::int AS n FROM ONLY ${chunk?.table}`);
  expect(decompressed?.n).toBeGreaterThanOrEqual(events.length);
  expect(decompressed?.n).toBeLessThanOrEqual(events.length * 1000);
});

/** Resolves when a statement waits for a lock. */
async function waiting({ sql }: LentSchema): Promise<void> {
  for (;;) {
    const [row] = await sql<{ n: number }[]>`
      SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'`;
    if ((row?.n ?? 0) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function bytesOf(row: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      value instanceof Uint8Array ? [[name, Buffer.from(value).toString("hex")]] : [],
    ),
  );
}
