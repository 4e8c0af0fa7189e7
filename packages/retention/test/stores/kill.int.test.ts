import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import { openArchive, type RetentionPolicy, runRetention } from "../../src/index.js";
import { s3OfFile, s3Options } from "../archive/support/s3.js";
import { tempFolder } from "../archive/support/temp-folder.js";
import { add, all, NOW } from "../support/store.js";
import { on, placeFor, STORES, type StoreOptions } from "./support/stores.js";

const PROGRAM = fileURLToPath(new URL("../programs/retention-run.mjs", import.meta.url));
const now = new Date(NOW);
const HOUR_MS = 3_600_000;
const s3 = s3OfFile();

interface Run {
  readonly store: StoreOptions;
  readonly archiveUrl: string;
  readonly s3?: object | undefined;
  readonly policy: RetentionPolicy;
  readonly now: Date;
  readonly killAt: number;
}

/** @returns how the process ended */
async function runAndKill(
  run: Run,
  temporaryFolder: string,
): Promise<{ signal: string | null; code: number | null; errors: string }> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(run)], {
    stdio: ["ignore", "ignore", "pipe"],
    // The AWS SDK warns of versions of Node.js that it will leave behind.
    env: { ...process.env, NODE_NO_WARNINGS: "1", TMPDIR: temporaryFolder },
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += String(chunk);
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, errors };
}

/** A day that is archived whole in steps, one of which a part is archived, a part dropped and a part held, and one that stays. */
async function seed(storage: StorageBackend): Promise<void> {
  await add(storage, [
    { day: 40, count: 600 },
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

async function empty({ tiers }: StorageBackend): Promise<void> {
  for (const segment of await tiers.segments("audit")) {
    await tiers.drop(segment, { expect: { rows: segment.rows } });
  }
}

/** Where the archive is matters to the steps, how PostgreSQL keeps its tables does not to the destination. */
const DESTINATIONS = { sqlite: ["file", "s3"], postgres: ["file", "s3"] } as const;

describe.each(STORES)("a run on %s that is killed", (name) => {
  const kinds = name in DESTINATIONS ? DESTINATIONS[name as keyof typeof DESTINATIONS] : (["file"] as const);
  describe.each(kinds)("while it archives to %s", (kind) => {
    const title = "at every step loses nothing and archives nothing twice";
    it(...on(name, title, { timeout: 600_000 }), async () => {
      await using place = await placeFor(name);
      const folder = tempFolder();
      const options = kind === "s3" ? { s3: s3Options(s3.server) } : {};
      // Ahead of the others: the lease of a killed process has run out.
      const storage = await place.open(() => Date.now() + HOUR_MS);
      try {
        let killed = 0;
        for (let killAt = 1; ; killAt++) {
          const archiveUrl = kind === "s3" ? `s3://test/kill-${name}-${killAt}` : `file://${folder}/${killAt}`;
          const policy = policyFor(archiveUrl);
          await seed(storage);
          const hold = await storage.tiers.placeHold({ agentId: "held", reason: "case 7", placedBy: "ann" });
          const before = await all(storage.audit.stream());
          const run: Run = { store: place.options, archiveUrl, ...options, policy, now, killAt };
          const { code, signal, errors } = await runAndKill(run, folder);
          expect(`${code} ${signal} ${errors}`).toMatch(/^(null SIGKILL|0 null) $/);
          const openOne = (url: string) => openArchive(url, options);
          const report = await runRetention(storage, policy, { now, openArchive: openOne });
          expect(report, report.detail).toMatchObject({ outcome: "succeeded" });
          // What was verified before it was killed is finished by the run above; the rest of that segment by the next.
          if (report.plan.unfinished.length > 0) await runRetention(storage, policy, { now, openArchive: openOne });

          await using archive = await openOne(archiveUrl);
          const archived = await all(archive.events());
          const live = await all(storage.audit.stream());
          const kept = before.filter(({ action }) => action !== "debug");
          expect(archived.length + live.length, `killed at ${killAt}`).toBe(kept.length);
          expect([...archived, ...live].toSorted(byKey)).toEqual(kept.toSorted(byKey));
          expect(live.filter(({ agentId }) => agentId === "held")).toHaveLength(10);
          for await (const file of archive.verify()) expect(file).toMatchObject({ status: "ok" });
          expect(await storage.tiers.archives({ state: "writing" })).toEqual([]);
          expect(await storage.tiers.archives({ state: "verified" })).toEqual([]);
          await storage.tiers.releaseHold(hold.holdId, { releasedBy: "ann", reason: "settled" });
          await empty(storage);
          if (code === 0) break;
          killed++;
        }

        expect(killed).toBeGreaterThan(18);
      } finally {
        await storage.close();
      }
    });
  });
});

function byKey(a: { ts: Date; eventId: string }, b: { ts: Date; eventId: string }): number {
  return a.ts.getTime() - b.ts.getTime() || (a.eventId < b.eventId ? -1 : 1);
}
