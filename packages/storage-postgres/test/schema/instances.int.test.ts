import { spawn } from "node:child_process";
import { once } from "node:events";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { builtProgram } from "@agent-assembly/test-programs";
import { createDatabase, type PostgresServer, startPostgres } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const INSTANCES = 4;
/** As the program has it. */
const BATCH = 500;
/** Each is stored by two instances; enough batches that two restarts come between them. */
const EVENTS = 10_000;
/** Shorter than the test's own time, so that one which hangs says where. */
const HUNG_MS = 240_000;
const PROGRAM = await builtProgram(new URL("../programs/appender.mjs", import.meta.url));

/** A server of its own, because it is restarted. */
describe(...needing("own-servers", "four instances that append overlapping batches while the server restarts"), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ timescaledb: true });
  });
  afterAll(() => server.stop());

  it("store each event exactly once, and every acknowledged one", { timeout: 300_000 }, async () => {
    const database = await createDatabase(server.url, "instances");
    const options = { url: database.url, timescaledb: "require" } as const;
    const storage = await openPostgresStorage({ ...options, migrate: "auto" });
    const instances = Array.from({ length: INSTANCES }, (_, n) => start(database.url, n));
    await Promise.all(instances.map((instance) => instance.begun));
    const acknowledgedBatches = () => instances.reduce((sum, instance) => sum + instance.acknowledged(), 0);
    for (const [mode, batches] of [
      ["fast", 10],
      ["immediate", 35],
    ] as const) {
      await expect.poll(acknowledgedBatches, { timeout: 60_000 }).toBeGreaterThanOrEqual(batches);
      await server.restart(mode);
      // Most of the work comes after it.
      expect(acknowledgedBatches()).toBeLessThan((INSTANCES * EVENTS) / BATCH);
    }
    const hung = setTimeout(() => describeHang(database.url, instances).then(console.error, console.error), HUNG_MS);
    const results = await Promise.all(instances.map((instance) => instance.ended)).finally(() => clearTimeout(hung));
    expect(results.map(({ code, errors }) => ({ code, errors }))).toEqual(results.map(() => ({ code: 0, errors: "" })));

    // Neighbours share half of their range.
    const distinct = EVENTS + (INSTANCES - 1) * (EVENTS / 2);
    expect(await storage.audit.count()).toBe(distinct);
    const summary = await storage.audit.summarize({}, { groupBy: ["agentId"] });
    expect(summary.reduce((sum, { count }) => sum + count, 0)).toBe(distinct);
    const acknowledged = new Set(results.flatMap(({ batches }) => batches));
    expect(acknowledged.size).toBe(distinct / BATCH);
    await storage.close();
  });
});

/** What the instances have done, and what their connections do. */
async function describeHang(url: string, instances: readonly Instance[]): Promise<string> {
  const sql = postgres(url, { max: 1 });
  try {
    const activity =
      await sql`SELECT pid, state, wait_event_type, wait_event, now() - query_start AS since, left(query, 120) AS query
      FROM pg_stat_activity WHERE datname = current_database()`;
    const progress = instances.map((instance) => `${instance.acknowledged()} batches, ${instance.errors()}`);
    return JSON.stringify({ progress, activity }, undefined, 1);
  } finally {
    await sql.end();
  }
}

interface Ended {
  readonly code: number | null;
  readonly errors: string;
  readonly batches: readonly number[];
}

interface Instance {
  /** Resolves at its first acknowledged batch, or when it ended without one. */
  readonly begun: Promise<unknown>;
  readonly ended: Promise<Ended>;
  /** Batches so far. */
  acknowledged(): number;
  /** What it wrote to standard error so far. */
  errors(): string;
}

function start(url: string, instance: number): Instance {
  const child = spawn(process.execPath, [PROGRAM, url, String(instance), String(EVENTS), "require"]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = once(child, "close").then(([code]) => ({
    code: code as number | null,
    errors,
    batches: output.trim().split("\n").map(Number),
  }));
  const acknowledged = (): number => output.split("\n").length - 1;
  return { begun: Promise.race([once(child.stdout, "data"), ended]), ended, acknowledged, errors: () => errors };
}
