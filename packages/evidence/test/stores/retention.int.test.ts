import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { applyRetention, type DropAnnouncer, type RetentionPolicy, type RunReport } from "@agent-assembly/retention";
import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  announceDrop,
  createSealer,
  type DropStatement,
  dropAnnouncer,
  parseEntry,
  verifyStore,
} from "../../src/index.js";
import { dyingStore } from "../support/dying-store.js";
import { archivePolicy, DAY_MS, OLD_AT as now, oldStore, tempFolder } from "./support/old-store.js";
import { on, placesFor, STORES, type StorePlaces } from "./support/places.js";
import { EVENTS, VERIFIER } from "./support/sealed-store.js";

/** Events of one agent of three. */
const DROPPED = Math.ceil((EVENTS - 1) / 3);

function policyFor(folder: string): RetentionPolicy {
  const rules = [{ name: "noise", agentId: ["agent-1"], warmDays: 15, coldAction: "drop" as const }];
  const { audit, ...policy } = archivePolicy(folder);
  return { ...policy, audit: { ...audit, rules } };
}

interface Stated {
  readonly leaf: number;
  readonly statement: DropStatement;
}

async function dropsOf({ evidenceSupport }: StorageBackend): Promise<{ intents: Stated[]; results: Stated[] }> {
  const statements = (await evidenceSupport?.statements(1, { from: 0, limit: 4096 })) ?? [];
  const drops = statements
    .filter(({ kind }) => kind === "drop")
    .map(({ leaf, entry }) => ({ leaf, statement: parseEntry(Buffer.from(entry)) as DropStatement }));
  return {
    intents: drops.filter(({ statement }) => statement.intent === null),
    results: drops.filter(({ statement }) => statement.intent !== null),
  };
}

/** Each drop that was announced has one result. */
async function expectResults(storage: StorageBackend): Promise<Stated[]> {
  const { intents, results } = await dropsOf(storage);
  expect(results.map(({ statement }) => statement.intent).toSorted()).toEqual(
    intents.map(({ leaf }) => leaf).toSorted(),
  );
  return results;
}

describe.each(STORES)("on %s", (name) => {
  describe(...on(name, "retention of a sealed store"), () => {
    let places: StorePlaces;
    beforeAll(async () => {
      places = await placesFor(name);
    });
    afterAll(() => places?.[Symbol.asyncDispose]());

    it("states what it archives and drops, before and after", async () => {
      const { storage } = await oldStore(await places.make());
      await using _ = storage;
      const folder = tempFolder();
      const report = await applyRetention(storage, policyFor(folder), { now, evidence: dropAnnouncer(storage) });
      expect(report).toMatchObject({ outcome: "succeeded", rows: EVENTS, warnings: [], detail: "" });
      const results = await expectResults(storage);
      const [manifestFile] = readdirSync(join(folder, "_manifests"), { recursive: true, encoding: "utf8" }).filter(
        (path) => path.endsWith(".json"),
      );
      const bytes = readFileSync(join(folder, "_manifests", manifestFile as string));
      const [record] = await storage.retentionSupport.archives();
      const archived = results.find(({ statement }) => statement.archive !== null)?.statement;
      expect(archived).toMatchObject({
        run: report.runId,
        archive: record?.archiveId,
        manifest: createHash("sha256").update(bytes).digest("base64"),
        leaves: { count: EVENTS - DROPPED },
        days: { "2026-11-27": EVENTS - DROPPED },
      });
      const dropped = results.find(({ statement }) => statement.archive === null)?.statement;
      expect(dropped).toMatchObject({ run: report.runId, manifest: null, leaves: { count: DROPPED } });
      expect(dropped?.policy).toBe(archived?.policy);
      const found = await verifyStore(storage, { keys: [VERIFIER] });
      expect(found).toMatchObject({ events: EVENTS + 1, dropped: EVENTS, findings: [] });
    });

    it("states what became of a drop whose run was killed, and nothing that was not dropped", async () => {
      const { storage } = await oldStore(await places.make());
      await using _ = storage;
      const sealer = createSealer(storage);
      const [oldest] = await storage.partitions.list("audit");
      if (oldest === undefined) throw new Error("there is no partition");
      const policy = Buffer.alloc(32, 7).toString("base64");
      const selection = { only: [{ agentId: "agent-2" }] };
      const { rows } = await storage.partitions.measure(oldest, { selection });
      // Of two agents, and one of them is dropped: as a run that is killed in the midst of it.
      const both = { only: [{ agentId: ["agent-1", "agent-2"] }] };
      const partly = await announceDrop(storage, sealer, { partition: oldest, selection: both, run: "run-1", policy });
      await storage.partitions.drop(oldest, { selection, expect: { rows } });
      const others = { only: [{ agentId: "agent-0" }] };
      const not = await announceDrop(storage, sealer, { partition: oldest, selection: others, run: "run-2", policy });
      expect((await verifyStore(storage, { keys: [VERIFIER] })).findings).toEqual([]);

      await dropAnnouncer(storage).finishDrops();
      const results = await expectResults(storage);
      const of = (intent: number) => results.find(({ statement }) => statement.intent === intent)?.statement;
      expect(of(partly.leaf)).toMatchObject({ run: "run-1", leaves: { count: rows }, days: { "2026-11-27": rows } });
      expect(of(not.leaf)).toMatchObject({ run: "run-2", leaves: { count: 0 }, days: {} });
      const found = await verifyStore(storage, { keys: [VERIFIER] });
      expect(found).toMatchObject({ dropped: rows, findings: [] });

      const report = await applyRetention(storage, policyFor(tempFolder()), { now, evidence: dropAnnouncer(storage) });
      expect(report).toMatchObject({ outcome: "succeeded", rows: EVENTS - rows });
      expect(await expectResults(storage)).toHaveLength(4);
      const after = await verifyStore(storage, { keys: [VERIFIER] });
      expect(after).toMatchObject({ dropped: EVENTS, findings: [] });
    });

    it("drops with a warning where nothing states it", async () => {
      const { storage } = await oldStore(await places.make());
      await using _ = storage;
      const report = await applyRetention(storage, policyFor(tempFolder()), { now });
      expect(report).toMatchObject({ outcome: "succeeded", rows: EVENTS });
      expect(report.warnings).toEqual([expect.stringContaining(`${EVENTS} rows were dropped without a statement`)]);
      expect((await storage.retentionSupport.runs())[0]?.detail).toBe(report.warnings[0]);
      const { findings } = await verifyStore(storage, { keys: [VERIFIER] });
      expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["dropped_without_record"]));
    });

    it("drops a part as stated, and then another of the same day without a statement, which is found", async () => {
      const { storage } = await oldStore(await places.make());
      await using _ = storage;
      const [oldest] = await storage.partitions.list("audit");
      if (oldest === undefined) throw new Error("there is no partition");
      const drop = async (agentId: string, evidence?: DropAnnouncer): Promise<number> => {
        const selection = { only: [{ agentId }] };
        const { rows } = await storage.partitions.measure(oldest, { selection });
        const policy = Buffer.alloc(32, 7).toString("base64");
        const announced = await evidence?.announceDrop({ partition: oldest, selection, run: "run-1", policy });
        await storage.partitions.drop(oldest, { selection, expect: { rows } });
        await announced?.done();
        return rows;
      };
      const stated = await drop("agent-2", dropAnnouncer(storage));
      expect(await verifyStore(storage, { keys: [VERIFIER] })).toMatchObject({ dropped: stated, findings: [] });
      await drop("agent-1");
      const { dropped, findings } = await verifyStore(storage, { keys: [VERIFIER] });
      expect(dropped).toBe(stated);
      expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["dropped_without_record"]));
    });

    it("keeps the rows that it cannot state, and says of which failed drops nothing is gone", async () => {
      const { storage } = await oldStore(await places.make());
      await using _ = storage;
      const folder = tempFolder();
      const evidence = dropAnnouncer(storage);
      const refusing: DropAnnouncer = {
        ...evidence,
        announceDrop: async () => {
          throw new StorageError({ code: "conflict", message: "not sealed" });
        },
      };
      const options = { now, evidence: refusing };
      const refused = await applyRetention(storage, policyFor(folder), options);
      expect(refused).toMatchObject({ outcome: "failed", rows: 0, failures: [{}, {}] });
      // A hold that is placed between statement and drop.
      const holding: DropAnnouncer = {
        ...evidence,
        announceDrop: async (drop) => {
          const announced = await evidence.announceDrop(drop);
          await storage.holds.place({ reason: "case 7", actor: "ann" });
          return announced;
        },
      };
      const held = await applyRetention(storage, policyFor(folder), { now, evidence: holding });
      expect(held).toMatchObject({ outcome: "failed", rows: 0 });
      const results = await expectResults(storage);
      expect(results.map(({ statement }) => statement.leaves.count)).toEqual(results.map(() => 0));
      const found = await verifyStore(storage, { keys: [VERIFIER] });
      expect(found).toMatchObject({ dropped: 0, findings: [] });
    });
  });
});

describe(...on("sqlite", "a run of retention on a sealed store that is killed"), () => {
  let places: StorePlaces;
  beforeAll(async () => {
    places = await placesFor("sqlite");
  });
  afterAll(() => places?.[Symbol.asyncDispose]());

  it("is stated by the next one, at whichever change of the store it ended", { timeout: 300_000 }, async () => {
    let killed = 0;
    for (let isOver = false; !isOver; ) {
      const place = await places.make();
      const { storage } = await oldStore(place);
      const policy = policyFor(tempFolder());
      const report = await killedAfter(killed, storage, policy);
      isOver = report?.outcome === "succeeded";
      await storage.close();
      const between = await place.open();
      const { findings } = await verifyStore(between, { keys: [VERIFIER] });
      expect(findings, `killed after ${killed} changes`).toEqual([]);
      await between.close();
      // The lease of what was killed has run out.
      await using later = await place.open(() => Date.now() + DAY_MS);
      for (let runs = 0; runs < 2; runs++) {
        const next = await applyRetention(later, policy, { now, evidence: dropAnnouncer(later) });
        expect(next, `killed after ${killed} changes: ${next.detail}`).toMatchObject({ outcome: "succeeded" });
      }
      await expectResults(later);
      const found = await verifyStore(later, { keys: [VERIFIER] });
      expect(found, `killed after ${killed} changes`).toMatchObject({ dropped: EVENTS, findings: [] });
      killed++;
    }
    expect(killed).toBeGreaterThan(12);
  });
});

/** A run whose process ends after so many changes of the store. */
async function killedAfter(changes: number, storage: StorageBackend, policy: RetentionPolicy) {
  const dying = dyingStore(storage, changes);
  try {
    return (await applyRetention(dying, policy, { now, evidence: dropAnnouncer(dying) })) as RunReport;
  } catch (error) {
    expect(error).toMatchObject({ code: "closed" });
    return undefined;
  }
}
