import { randomUUID } from "node:crypto";
import type { Partition, StorageBackend } from "@agent-assembly/storage-core";
import { parseAuditFilter } from "@agent-assembly/storage-core/backend";
import { expect } from "vitest";
import type { Sql } from "../../src/driver/pool.js";
import { pickRows } from "../../src/partitions/drop-blocks.js";
import { partOf } from "../../src/partitions/slice-sql.js";
import { Bindings } from "../../src/sql/bindings.js";
import type { PostgresProfile } from "../setup/database.js";
import { LentSchemas } from "../setup/lent-schemas.js";
import { digestOf, insertOld, insertSamples, OLD } from "../support/old-events.js";
import { number, onProfiles } from "../timescale/support.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "postgres-15", "timescale-apache", "timescale-community"];
/** Three steps take them: of events it is few, large ones. */
const EVENTS = 9600;
const WIDE = 600;
/** More than one step takes. */
const SAMPLES = 24_000;
const LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY };

const schemas = new LentSchemas("tier_parts");

interface Store {
  readonly sql: Sql;
  readonly backend: StorageBackend;
  open(): Promise<StorageBackend>;
}

async function store(profile: PostgresProfile): Promise<Store> {
  const lent = await schemas.take(profile);
  const open = (): Promise<StorageBackend> => lent.open({ limits: LIMITS, lockTimeoutMs: 20_000 });
  return { sql: lent.sql, open, backend: await open() };
}

async function oldest({ partitions }: StorageBackend, dataset: Partition["dataset"] = "audit"): Promise<Partition> {
  const [partition] = await partitions.list(dataset);
  if (partition === undefined) throw new Error("there is no partition");
  return partition;
}

function countRows(sql: Sql, where: string): Promise<number> {
  return number(sql.unsafe<{ n: number }[]>(`SELECT count(*)::int AS n FROM audit_events WHERE ${where}`));
}

async function chunkOf(sql: Sql): Promise<string> {
  const [row] = await sql<{ name: string }[]>`SELECT show_chunks('audit_events')::text AS name`;
  return row?.name as string;
}

/** An event between those of the partition. */
function late(n: number) {
  return { ts: new Date(OLD.getTime() + 7 + n), agentId: `late-${n}`, action: "x", decision: "allow" };
}

onProfiles(
  PROFILES,
  "a part goes to the row while others write into the partition, and what they wrote stays",
  async (profile) => {
    const { sql, backend, open } = await store(profile);
    await insertOld(sql, EVENTS, 20, 0, WIDE);
    const partition = await oldest(backend);
    const selection = { except: [{ agentId: "agent-3" }, { agentId: "agent-4", teamId: "red" }] };
    const { rows, asOf } = await backend.partitions.measure(partition, { selection });
    const staying = "agent_id = 'agent-3' OR (agent_id = 'agent-4' AND team_id = 'red')";
    expect(rows).toBe(EVENTS - (await countRows(sql, staying)));
    const kept = await digestOf(sql, staying);
    const writer = await open();
    let over = false;
    let written = 0;
    const write = async (): Promise<void> => {
      while (!over) written += (await writer.audit.append([late(written), late(written + 1)])).inserted;
    };
    const writing = write();
    const told: number[] = [];
    const onProgress = (gone: number) => told.push(gone);
    expect(await backend.partitions.drop(partition, { selection, asOf, expect: { rows }, onProgress })).toEqual({
      rows,
    });
    over = true;
    await writing;
    expect(told.length).toBeGreaterThan(1);
    expect(told.at(-1)).toBe(rows);
    expect(written).toBeGreaterThan(0);
    expect(await countRows(sql, "agent_id LIKE 'late-%'")).toBe(written);
    expect(await digestOf(sql, "agent_id NOT LIKE 'late-%'")).toBe(kept);
    expect((await backend.partitions.measure(partition, { selection, asOf })).rows).toBe(0);
  },
  300_000,
);

onProfiles(
  PROFILES,
  "what an open transaction commits later lies behind the position that was measured",
  async (profile) => {
    const { sql, backend } = await store(profile);
    await insertOld(sql, 100, 5);
    let commit = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let began = (): void => undefined;
    const inserted = new Promise<void>((resolve) => {
      began = resolve;
    });
    const writing = sql.begin(async (transaction) => {
      await insertOld(transaction as unknown as Sql, 10, 5, 100);
      began();
      await asked;
    });
    await inserted;
    // By a transaction that began later and is committed already.
    await insertOld(sql, 10, 5, 200);
    const partition = await oldest(backend);
    const { rows, asOf } = await backend.partitions.measure(partition);
    expect(rows).toBe(110);
    commit();
    await writing;
    expect((await backend.partitions.measure(partition)).rows).toBe(120);
    expect((await backend.partitions.measure(partition, { asOf })).rows).toBe(110);
    const selection = { except: [{ agentId: "nobody" }] };
    expect(await backend.partitions.drop(partition, { asOf, selection, expect: { rows: 110 } })).toEqual({ rows: 110 });
    expect((await backend.partitions.measure(partition)).rows).toBe(10);
    // A count is of what is committed: it waits for nobody.
    await sql.begin(async (transaction) => {
      await insertOld(transaction as unknown as Sql, 5, 5, 300);
      expect((await backend.partitions.measure(partition)).rows).toBe(10);
      if (!profile.startsWith("timescale")) {
        expect(await backend.partitions.drop(partition, { expect: { rows: 10 } })).toEqual({ rows: 10 });
      }
    });
    expect((await backend.partitions.measure(partition)).rows).toBe(profile.startsWith("timescale") ? 15 : 5);
  },
);

onProfiles(
  PROFILES,
  "two who drop the same part at once drop each row once",
  async (profile) => {
    const { sql, backend, open } = await store(profile);
    await insertOld(sql, EVENTS, 20, 0, WIDE);
    await insertSamples(sql, SAMPLES, 4);
    const other = await open();
    for (const [dataset, selection] of [
      ["audit", { only: [{ teamId: "red" }, { agentId: "agent-1" }] }],
      ["metrics", { except: [{ agentId: "agent-1" }] }],
    ] as const) {
      const partition = await oldest(backend, dataset);
      const { rows } = await backend.partitions.measure(partition, { selection });
      const drop = ({ partitions }: StorageBackend): Promise<{ rows: number }> =>
        partitions.drop(partition, { selection, expect: { rows } });
      const outcomes = await Promise.allSettled([drop(backend), drop(other)]);
      const dropped = outcomes.map((outcome) => {
        if (outcome.status === "fulfilled") return outcome.value.rows;
        expect(outcome.reason).toMatchObject({ code: "conflict" });
        return 0;
      });
      expect(dropped.reduce((a, b) => a + b)).toBe(rows);
      const left = await backend.partitions.measure(partition);
      expect(left.rows).toBe((dataset === "audit" ? EVENTS : SAMPLES) - rows);
    }
    const range = { from: OLD, to: new Date(OLD.getTime() + 86_400_000) };
    let sum = 0;
    for (let n = 0; n < 3; n++) {
      const [series] = await backend.metrics.query({ metric: `metric-${n}`, aggregate: "sum", ...range });
      sum += series?.points[0]?.value ?? 0;
    }
    expect(sum).toBe(SAMPLES * 4.5);
  },
  300_000,
);

onProfiles(
  PROFILES,
  "a hold that is placed while a drop runs keeps all it covers of what is left",
  async (profile) => {
    const { sql, backend, open } = await store(profile);
    await insertOld(sql, EVENTS, 20, 0, WIDE);
    const partition = await oldest(backend);
    const other = await open();
    const selection = { except: [{ agentId: "agent-0" }] };
    const { rows } = await backend.partitions.measure(partition, { selection });
    let left = -1;
    const hold = async (): Promise<void> => {
      await other.holds.place({ agentId: "agent-7", reason: "case 7", actor: "ann" });
      left = await countRows(sql, "agent_id = 'agent-7'");
    };
    let holding: Promise<void> | undefined;
    let gone = 0;
    const dropping = backend.partitions.drop(partition, {
      selection,
      expect: { rows },
      onProgress(now) {
        gone = now;
        holding ??= hold();
      },
    });
    const error = await dropping.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await holding;
    const message = expect.stringContaining(`${gone} of ${rows} rows were already deleted`);
    if (left > 0) expect(error).toMatchObject({ code: "conflict", message });
    expect(await countRows(sql, "agent_id = 'agent-7'")).toBe(left);
    // Beside them is what records the hold.
    expect(await countRows(sql, "action <> 'governance'")).toBe(EVENTS - gone);
  },
  300_000,
);

onProfiles(PROFILES, "samples that come under a hold while others are dropped stay", async (profile) => {
  const { sql, backend } = await store(profile);
  await insertSamples(sql, SAMPLES, 4);
  await backend.holds.place({ agentId: "held", reason: "case 7", actor: "ann" });
  const partition = await oldest(backend, "metrics");
  let recording: Promise<unknown> | undefined;
  const onProgress = (): void => {
    recording ??= backend.metrics.record([
      { ts: new Date(OLD.getTime() + 1), metric: "metric-0", value: 7, agentId: "held" },
    ]);
  };
  const selection = { except: [{ agentId: "agent-3" }] };
  const { rows } = await backend.partitions.measure(partition, { selection });
  expect(await backend.partitions.drop(partition, { selection, expect: { rows }, onProgress })).toEqual({ rows });
  await recording;
  const held = { only: [{ agentId: "held" }] };
  expect((await backend.partitions.measure(partition, { selection: held })).rows).toBe(1);
  const dropping = backend.partitions.drop(partition, { selection: held, expect: { rows: 1 } });
  await expect(dropping).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("1 legal hold covers 1 of the 1"),
  });
});

onProfiles(
  ["postgres", "timescale-apache"],
  "a step finds its rows in its own blocks, whatever indexes exist",
  async (profile) => {
    const { sql, backend } = await store(profile);
    await insertOld(sql, 20_000, 2000);
    await sql`ANALYZE audit_events`;
    const partition = await oldest(backend);
    const table = profile === "postgres" ? "audit_events" : await chunkOf(sql);
    const [from, to] = [partition.from.getTime(), partition.to.getTime()];
    const only = [parseAuditFilter({ agentId: "agent-1" }), parseAuditFilter({ eventId: randomUUID() })];
    const [here] = await sql<{ id: string; schema: string }[]>`SELECT id, current_schema() AS schema FROM audit_origin`;
    const asOf = {
      position: { next: 2 ** 40, open: [3, 5], part: undefined },
      origin: { seq: 0 },
      server: { schema: here?.schema ?? "", origin: Number(here?.id), id: 0, lsn: 0, begun: undefined },
    };
    const conditions = partOf({ dataset: "audit", from, to, selection: { only, except: [] }, asOf });
    for (const end of [8, 256]) {
      const bindings = new Bindings();
      const text = pickRows({ table, conditions }, [0, end], 1000, bindings);
      const plan = await sql.unsafe(`EXPLAIN ${text}`, bindings.values);
      const lines = plan.map((row) => String(row["QUERY PLAN"])).join("\n");
      expect(lines).toMatch(/Tid Range Scan/);
    }
  },
);
