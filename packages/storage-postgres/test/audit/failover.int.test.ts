import { spawn } from "node:child_process";
import { once } from "node:events";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { builtProgram } from "@agent-assembly/test-programs";
import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { migratePostgres, verifyPostgresCounts } from "../../src/migrate.js";
import { onServer, ReplicatedPair } from "../setup/replicated-pair.js";
import { collectTail } from "../support/tails.js";

/** Ten take a minute: `AASM_TEST_FAILOVERS=10`. */
const FAILOVERS = Number(process.env.AASM_TEST_FAILOVERS ?? 3);
const WRITERS = 4;
const BATCH = 5;
/** Of each writer, between two failovers. */
const BATCHES = 20;
const PROGRAM = await builtProgram(new URL("../programs/failover-writer.mjs", import.meta.url));

describeNeeding("own-servers", "a primary that dies again and again, with a synchronous standby", async () => {
  const pair = await ReplicatedPair.start({ synchronous: true });
  afterAll(() => pair.stop());

  it("loses no acknowledged event and stores none twice; writers and a tail go on, which delivers each event once", {
    timeout: 900_000,
  }, async (context) => {
    if (!pair.replicates) return context.skip("the server runs in Docker, which gives no standby");
    const database = await createDatabase(pair.primary.url, "failover");
    await migratePostgres({ url: database.url, timescaledb: "off" });
    await pair.addStandby();
    const url = pair.urlOf(database.name);
    const storage = await openPostgresStorage({ url, timescaledb: "off", appendTimeoutMs: 120_000 });
    const tail = collectTail(storage);
    const writers = Array.from({ length: WRITERS }, (_, n) => startWriter(url, n));
    try {
      for (let round = 0; round < FAILOVERS; round++) {
        const wanted = writers.map(({ batches }) => batches.length + BATCHES);
        await expect
          .poll(() => writers.every(({ batches }, n) => batches.length >= (wanted[n] as number)), { timeout: 120_000 })
          .toBe(true);
        expect(writers.map(({ running }) => running)).toEqual(writers.map(() => true));
        await onServer(pair.primary.url.replace(/postgres$/, database.name), (sql) =>
          sql.unsafe(`SELECT count_audit_events(1, ${BATCH * BATCHES})`),
        );
        await pair.failOver();
        await pair.addStandby();
      }
      const ends = await Promise.all(writers.map((writer) => writer.end()));
      expect(ends).toEqual(writers.map(() => ({ code: 0, errors: "" })));
      const acknowledged = writers.flatMap(({ batches }, n) =>
        batches.flatMap((from) => Array.from({ length: BATCH }, (_, i) => `${n}-${from + i}`)),
      );
      const stored = await agentsIn(storage);
      expect(stored.length).toBe(new Set(stored).size);
      expect(stored.toSorted()).toEqual(acknowledged.toSorted());
      expect(await verifyPostgresCounts({ url, timescaledb: "off" })).toEqual([]);
      expect(await storage.audit.count()).toBe(stored.length);
      await tail.until(stored.length);
      await tail.end();
      expect(tail.agents.toSorted()).toEqual(stored.toSorted());
      const timelines = await onServer(pair.primary.url.replace(/postgres$/, database.name), (sql) =>
        sql`SELECT timeline FROM audit_timelines ORDER BY number`.values(),
      );
      expect(timelines.flat()).toEqual(Array.from({ length: FAILOVERS }, (_, n) => n + 2));
      if (FAILOVERS > 3) console.log(`${FAILOVERS} failovers: ${acknowledged.length} events acknowledged and stored`);
    } finally {
      await Promise.all(writers.map((writer) => writer.end()));
      await storage.close();
    }
  });
});

async function agentsIn(storage: StorageBackend): Promise<string[]> {
  const agents: string[] = [];
  for await (const { agentId } of storage.audit.stream()) agents.push(agentId);
  return agents;
}

interface Writer {
  /** First events of the acknowledged ones. */
  readonly batches: readonly number[];
  readonly running: boolean;
  end(): Promise<{ readonly code: number | null; readonly errors: string }>;
}

function startWriter(url: string, writer: number): Writer {
  const child = spawn(process.execPath, [PROGRAM, url, String(writer)]);
  const batches: number[] = [];
  let [partial, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = `${partial}${chunk.toString()}`.split("\n");
    partial = lines.pop() as string;
    batches.push(...lines.map(Number));
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const closed = once(child, "close").then(([code]) => ({ code: code as number | null, errors }));
  return {
    batches,
    get running() {
      return child.exitCode === null;
    },
    end() {
      child.stdin.end();
      return closed;
    },
  };
}
