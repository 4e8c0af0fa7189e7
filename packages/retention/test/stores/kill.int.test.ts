import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { builtProgram } from "@agent-assembly/test-programs";
import { afterAll, describe, expect, it } from "vitest";
import { applyRetention, openArchive, type RetentionPolicy } from "../../src/index.js";
import { s3OfFile, s3Options } from "../archive/support/s3.js";
import { tempFolder } from "../archive/support/temp-folder.js";
import { add, all, NOW } from "../support/store.js";
import { on, placesFor, STORES, type StoreName, type StoreOptions } from "./support/stores.js";

const PROGRAM = await builtProgram(new URL("../programs/retention-runs.mjs", import.meta.url));
const now = new Date(NOW);
const HOUR_MS = 3_600_000;
/**
 * Stores whose runs one process makes, each up to a step of its own: to start a process costs as much as several runs do. Of
 * files enough for all steps of a run and one more; of a server, where a store is dear, for half of them.
 */
const STORES_AT_ONCE = { file: 25, server: 12 };
const s3 = s3OfFile();

interface Run {
  readonly store: StoreOptions;
  readonly policy: RetentionPolicy;
  readonly killAt: number;
}

/** Makes the runs in one process, which is killed when each has come to its step. @returns which came to their end before */
async function runAndKill(runs: readonly Run[], s3Of: object | undefined, temporaryFolder: string): Promise<boolean[]> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify({ s3: s3Of, now, runs })], {
    stdio: ["ignore", "pipe", "pipe"],
    // The AWS SDK warns of versions of Node.js that it will leave behind.
    env: { ...process.env, NODE_NO_WARNINGS: "1", TMPDIR: temporaryFolder },
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    errors += String(chunk);
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  expect(`${code} ${signal} ${errors}`).toBe("null SIGKILL ");
  return JSON.parse(output) as boolean[];
}

/**
 * A day that is archived whole and leaves a file in three steps, a server in one however many rows it has; one of which a part is archived, a part dropped and a part
 * held, and one that stays.
 */
async function seed(storage: StorageBackend): Promise<void> {
  await add(storage, [
    { day: 40, count: storage.name === "sqlite" ? 510 : 30 },
    { day: 30, count: 30 },
    { day: 30, count: 20, action: "debug", agentId: "b" },
    { day: 30, count: 10, agentId: "held" },
    { day: 2, count: 5 },
  ]);
}

function policyFor(archiveUrl: string): RetentionPolicy {
  const rules = [{ name: "debug", action: ["debug"], warmDays: 15, coldAction: "drop" as const }];
  return { archiveUrl, audit: { hotDays: 10, warmDays: 20, coldAction: "archive", rules } };
}

async function empty({ partitions }: StorageBackend): Promise<void> {
  for (const partition of await partitions.list("audit")) {
    await partitions.drop(partition, { expect: { rows: partition.rows } });
  }
}

/** Where the archive is matters to the steps, how PostgreSQL keeps its tables does not to the destination. */
const DESTINATIONS = { sqlite: ["file", "s3"], postgres: ["file", "s3"] } as const;

interface OpenStore {
  readonly storage: StorageBackend;
  readonly options: StoreOptions;
}

/** Empty stores, made once for all tests of the suite, each of which leaves them empty. */
function storesOf(name: StoreName): () => Promise<readonly OpenStore[]> {
  const ends: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  const open = async (): Promise<OpenStore[]> => {
    const places = await placesFor(name, STORES_AT_ONCE[name === "sqlite" ? "file" : "server"]);
    ends.push(async () => places[Symbol.asyncDispose]());
    const stores = [];
    for (const place of places.all) {
      // Ahead of the others: the lease of a killed process has run out.
      const storage = await place.open(() => Date.now() + HOUR_MS);
      ends.push(async () => storage.close());
      stores.push({ storage, options: place.options });
    }
    return stores;
  };
  let stores: Promise<OpenStore[]> | undefined;
  return () => {
    stores ??= open();
    return stores;
  };
}

/** A store with a run that is to be killed. */
interface Victim {
  readonly storage: StorageBackend;
  readonly before: AuditEvent[];
  readonly holdId: string;
  readonly run: Run;
}

async function victimOf(storage: StorageBackend, run: Run): Promise<Victim> {
  await seed(storage);
  const { holdId } = await storage.holds.place({ agentId: "held", reason: "case 7", actor: "ann" });
  return { storage, before: await all(storage.audit.stream()), holdId, run };
}

/** Runs again, and expects every event once, in the store or in the archive; leaves the store empty. */
async function expectRecovery({ storage, before, holdId, run }: Victim, options: object): Promise<void> {
  const { policy, killAt } = run;
  const openOne = (url: string) => openArchive(url, options);
  const report = await applyRetention(storage, policy, { now, openArchive: openOne });
  expect(report, `killed at ${killAt}: ${report.detail}`).toMatchObject({ outcome: "succeeded" });
  // What was verified before it was killed is finished by the run above; the rest of that partition by the next.
  if (report.plan.unfinished.length > 0) await applyRetention(storage, policy, { now, openArchive: openOne });

  await using archive = await openOne(policy.archiveUrl as string);
  const archived = await all(archive.events());
  const live = await all(storage.audit.stream());
  const kept = before.filter(({ action }) => action !== "debug");
  expect(archived.length + live.length, `killed at ${killAt}`).toBe(kept.length);
  expect([...archived, ...live].toSorted(byKey)).toEqual(kept.toSorted(byKey));
  expect(live.filter(({ agentId }) => agentId === "held")).toHaveLength(10);
  for await (const file of archive.verify()) expect(file).toMatchObject({ status: "ok" });
  expect(await storage.retentionSupport.archives({ state: "writing" })).toEqual([]);
  expect(await storage.retentionSupport.archives({ state: "verified" })).toEqual([]);
  await storage.holds.release(holdId, { actor: "ann", reason: "settled" });
  await empty(storage);
}

describe.each(STORES)("a run on %s that is killed", (name) => {
  const emptyStores = storesOf(name);
  const kinds = name in DESTINATIONS ? DESTINATIONS[name as keyof typeof DESTINATIONS] : (["file"] as const);
  describe.each(kinds)("while it archives to %s", (kind) => {
    const title = "at every step loses nothing and archives nothing twice";
    it(...on(name, title, { timeout: 900_000 }), async () => {
      const folder = tempFolder();
      const options = kind === "s3" ? { s3: s3Options(s3.server) } : {};
      const stores = await emptyStores();
      let killed = 0;
      for (let ended = false; !ended; ) {
        const first = killed + 1;
        const victims = await Promise.all(
          stores.map(({ storage, options: store }, n) => {
            const killAt = first + n;
            const archiveUrl = kind === "s3" ? `s3://test/kill-${name}-${killAt}` : `file://${folder}/${killAt}`;
            return victimOf(storage, { store, policy: policyFor(archiveUrl), killAt });
          }),
        );
        const runs = victims.map(({ run }) => run);
        const ends = await runAndKill(runs, kind === "s3" ? options.s3 : undefined, folder);
        await Promise.all(victims.map((victim) => expectRecovery(victim, options)));
        killed += ends.filter((end) => !end).length;
        ended = ends.includes(true);
        // Those of the first steps were killed, those behind the last step came to their end.
        expect(ends.indexOf(true)).toBe(ended ? ends.lastIndexOf(false) + 1 : -1);
      }
      expect(killed).toBeGreaterThan(18);
    });
  });
});

function byKey(a: { ts: Date; eventId: string }, b: { ts: Date; eventId: string }): number {
  return a.ts.getTime() - b.ts.getTime() || (a.eventId < b.eventId ? -1 : 1);
}
