import type { Partition, StorageBackend } from "@agent-assembly/storage-core";
import { expect, onTestFinished } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { digestOf, insertOld, insertSamples, OLD } from "../support/old-events.js";
import { bareDatabase, number, onProfiles, stopJobs } from "./support.js";

/** More than the server decompresses for a transaction by default. */
const ROWS = 150_000;

async function store(options: object = {}) {
  const { url, sql } = await bareDatabase("timescale-community");
  await sql`CREATE EXTENSION timescaledb`;
  await stopJobs(sql);
  const open = async (): Promise<StorageBackend> => {
    const backend = await openPostgresStorage({
      url,
      migrate: "auto",
      limits: { maxAgeMs: Number.POSITIVE_INFINITY },
      ...options,
    });
    onTestFinished(() => backend.close());
    return backend;
  };
  return { sql, url, open, backend: await open() };
}

async function compressed({ partitions }: StorageBackend, dataset: Partition["dataset"] = "audit"): Promise<Partition> {
  const [partition] = await partitions.list(dataset);
  return partitions.compress(partition as Partition);
}

onProfiles(
  ["timescale-community"],
  "of a compressed chunk everything goes but what a hold keeps and what came behind the position",
  async () => {
    const { sql, backend } = await store();
    const { partitions, holds } = backend;
    await insertOld(sql, ROWS, 40);
    const partition = await compressed(backend);
    await holds.place({ agentId: "agent-7", reason: "case 7", actor: "ann" });
    const { asOf, rows: all } = await partitions.measure(partition);
    expect(all).toBe(ROWS);
    await insertOld(sql, 500, 40, ROWS);
    const late = ROWS + 500;
    const staying = `agent_id = 'agent-7' OR payload->>'n' >= '${ROWS}' AND length(payload->>'n') = 6`;
    const kept = await digestOf(sql, staying);
    await expect(partitions.drop(partition, { asOf, expect: { rows: ROWS } })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`1 legal hold covers ${ROWS / 40} of the ${ROWS} rows`),
    });
    const selection = { except: [{ agentId: "agent-7" }] };
    const { rows, bytes } = await partitions.measure(partition, { selection, asOf });
    expect(rows).toBe(ROWS - ROWS / 40);
    expect(bytes).toBeLessThanOrEqual(partition.bytes * 1.1);
    expect(await partitions.drop(partition, { selection, asOf, expect: { rows } })).toEqual({ rows });
    expect(await digestOf(sql, "true")).toBe(kept);
    const [after] = (await partitions.list("audit")) as [Partition];
    expect(after).toMatchObject({ id: partition.id, tier: "warm", rows: late - rows });
    expect(after.bytes).toBeLessThan(partition.bytes / 10);
  },
  300_000,
);

onProfiles(
  ["timescale-community"],
  "of a compressed chunk rows go from every batch, past the server's limit, and it stays compressed and small",
  async () => {
    const { sql, backend } = await store();
    const { partitions } = backend;
    await insertOld(sql, ROWS, 40);
    const partition = await compressed(backend);
    const selection = { only: [{ action: "message" }] };
    const { rows } = await partitions.measure(partition, { selection });
    expect(rows).toBe(ROWS / 3);
    const kept = await digestOf(sql, "action <> 'message'");
    const told: number[] = [];
    const onProgress = (gone: number) => told.push(gone);
    expect(await partitions.drop(partition, { selection, expect: { rows }, onProgress })).toEqual({ rows });
    expect(told.length).toBeGreaterThan(2);
    expect(await digestOf(sql, "true")).toBe(kept);
    const [after] = (await partitions.list("audit")) as [Partition];
    expect(after).toMatchObject({ id: partition.id, tier: "warm", rows: ROWS - rows });
    expect(after.bytes).toBeLessThan(partition.bytes);
    const position = (await partitions.measure(after)).asOf;
    let read = 0;
    for await (const event of partitions.read(after, {
      asOf: position,
      selection: { except: [{ agentId: "agent-0" }] },
    })) {
      expect(event.action).toBe("tool_call");
      read++;
    }
    expect(read).toBe(await number(sql`SELECT count(*)::int AS n FROM audit_events WHERE agent_id <> 'agent-0'`));
  },
  300_000,
);

onProfiles(
  ["timescale-community"],
  "a part of one agent that fills a whole compressed chunk goes in ranges of time",
  async () => {
    const { sql, backend } = await store();
    const { partitions } = backend;
    await insertOld(sql, ROWS, 1);
    const partition = await compressed(backend);
    const selection = { only: [{ teamId: "red" }], except: [{ payload: { "/n": 4 } }] };
    const rows = ROWS / 2 - 1;
    expect((await partitions.measure(partition, { selection })).rows).toBe(rows);
    const kept = await digestOf(sql, "team_id IS NULL OR payload->>'n' = '4'");
    const told: number[] = [];
    await partitions.drop(partition, { selection, expect: { rows }, onProgress: (gone) => told.push(gone) });
    expect(told).toEqual([25_000 - 1, 50_000 - 1, rows]);
    expect(await digestOf(sql, "true")).toBe(kept);
    expect((await partitions.list("audit"))[0]).toMatchObject({ tier: "warm", rows: ROWS - rows });
  },
  300_000,
);

onProfiles(
  ["timescale-community"],
  "two who drop the same part of a compressed chunk, while others write into it, drop each row once",
  async () => {
    const { sql, backend, open } = await store({ lockTimeoutMs: 30_000 });
    await insertOld(sql, 60_000, 20);
    const partition = await compressed(backend);
    const [other, writer] = [await open(), await open()];
    const selection = { only: [{ action: "tool_call" }] };
    const { rows, asOf } = await backend.partitions.measure(partition, { selection });
    let over = false;
    let written = 0;
    const write = async (): Promise<void> => {
      for (; !over; written++) {
        const ts = new Date(OLD.getTime() + 7 + written);
        await writer.audit.append([{ ts, agentId: "agent-1", action: "tool_call", decision: "late" }]);
      }
    };
    const writing = write();
    const drop = ({ partitions }: StorageBackend) => partitions.drop(partition, { selection, asOf, expect: { rows } });
    const outcomes = await Promise.allSettled([drop(backend), drop(other)]);
    over = true;
    await writing;
    const dropped = outcomes.map((outcome) => {
      if (outcome.status === "fulfilled") return outcome.value.rows;
      expect(outcome.reason).toMatchObject({ code: "conflict" });
      return 0;
    });
    expect(dropped.reduce((a, b) => a + b)).toBe(rows);
    expect(await backend.audit.count({ decision: "late" })).toBe(written);
    expect(await backend.audit.count()).toBe(60_000 - rows + written);
  },
  300_000,
);

onProfiles(
  ["timescale-community"],
  "a chunk that the policy compresses while a part of it is dropped loses exactly that part",
  async () => {
    const { sql, backend, open } = await store();
    await insertOld(sql, 60_000, 20);
    const [partition] = (await backend.partitions.list("audit")) as [Partition];
    const other = await open();
    const selection = { only: [{ teamId: "red" }] };
    const { rows } = await backend.partitions.measure(partition, { selection });
    const kept = await digestOf(sql, "team_id IS NULL");
    let compressing: Promise<unknown> | undefined;
    const onProgress = (): void => {
      compressing ??= other.partitions.compress(partition);
    };
    expect(await backend.partitions.drop(partition, { selection, expect: { rows }, onProgress })).toEqual({ rows });
    await compressing;
    expect(await digestOf(sql, "true")).toBe(kept);
    expect((await backend.partitions.list("audit"))[0]?.tier).toBe("warm");
  },
  300_000,
);

onProfiles(
  ["timescale-community"],
  "sums outlive the samples and events that are dropped in part, compressed or not",
  async () => {
    const { sql, backend } = await store();
    const { partitions, metrics } = backend;
    await insertOld(sql, 5000, 10);
    await insertSamples(sql, ROWS, 5);
    const range = { from: OLD, to: new Date(OLD.getTime() + 86_400_000) };
    const sums = async () =>
      Promise.all(
        (["sum", "count", "min", "max", "last"] as const).map((aggregate) =>
          metrics.query({ metric: "metric-1", aggregate, groupBy: ["agentId"], ...range }),
        ),
      );
    const before = await sums();
    const samples = await compressed(backend, "metrics");
    let gone = 0;
    for (const selection of [
      { only: [{ agentId: ["agent-1", "agent-2"] }] },
      { except: [{ agentId: "agent-3" }], only: [{ to: new Date(OLD.getTime() + 60_000) }] },
      {},
    ]) {
      const { rows } = await partitions.measure(samples, { selection });
      expect(rows).toBeGreaterThan(0);
      expect(await partitions.drop(samples, { selection, expect: { rows } })).toEqual({ rows });
      gone += rows;
      expect(await sums()).toEqual(before);
    }
    expect(gone).toBe(ROWS);
    const [partition] = (await partitions.list("audit")) as [Partition];
    const selection = { except: [{ agentId: "agent-3" }] };
    await partitions.drop(partition, { selection, expect: { rows: 4500 } });
    expect(await backend.audit.count({ agentId: "agent-3" })).toBe(500);
    expect(await backend.audit.count()).toBe(500);
  },
  300_000,
);

onProfiles(
  ["timescale-community"],
  "a foreign retention policy is reported, with its effect and the remedy",
  async () => {
    const { sql, backend } = await store();
    expect(await backend.retentionSupport.conflictingPolicies()).toEqual([]);
    await sql`SELECT add_retention_policy('metrics', interval '7 days')`;
    const [policy, ...more] = await backend.retentionSupport.conflictingPolicies();
    expect(more).toEqual([]);
    expect(policy).toEqual({
      dataset: "metrics",
      description: expect.stringMatching(/^job \d+, .* drops chunks of public\.metrics after 7 days$/),
      remedy: expect.stringContaining("remove_retention_policy"),
    });
    const [, remedy] = /^(SELECT .*\)) removes it/.exec(policy?.remedy ?? "") ?? [];
    await sql`SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'`;
    expect(await backend.retentionSupport.conflictingPolicies()).toEqual([]);
    await sql`SELECT alter_job(job_id, scheduled => true) FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'`;
    expect(await backend.retentionSupport.conflictingPolicies()).toHaveLength(1);
    await sql.unsafe(remedy as string);
    expect(await backend.retentionSupport.conflictingPolicies()).toEqual([]);
  },
);
