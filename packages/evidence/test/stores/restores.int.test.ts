import { join } from "node:path";
import { applyRetention, openArchive, restoreArchive } from "@agent-assembly/retention";
import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createSealer,
  dropAnnouncer,
  erasureEvidence,
  exportStore,
  forkLog,
  generateSignerKey,
  parseSignerKey,
  parseVerifierKey,
  proveEvent,
  restoreAnnouncer,
  verifyExport,
  verifyStore,
} from "../../src/index.js";
import { archivePolicy, DAY_MS, OLD_AT as now, oldStore, tempFolder } from "./support/old-store.js";
import { on, placesFor, STORES, type StorePlace, type StorePlaces } from "./support/places.js";
import { EVENTS, event, KEY, NOW, ORIGIN, sealedStore, VERIFIER } from "./support/sealed-store.js";

interface Archived {
  readonly storage: StorageBackend;
  readonly folder: string;
  readonly clock: () => number;
}

/** Moves all old events into the archive. */
async function retire(storage: StorageBackend, folder: string, evidence = dropAnnouncer(storage)): Promise<void> {
  const report = await applyRetention(storage, archivePolicy(folder), { now, evidence });
  expect(report).toMatchObject({ outcome: "succeeded", warnings: [], detail: "" });
}

/** A sealed store whose old events are in an archive only. */
async function archived(place: StorePlace): Promise<Archived> {
  const { storage, clock } = await oldStore(place);
  const folder = tempFolder();
  await retire(storage, folder);
  expect(await verified(storage)).toMatchObject({ events: EVENTS + 1, dropped: EVENTS, findings: [] });
  return { storage, folder, clock };
}

async function restore({ storage, folder }: Archived, evidence = restoreAnnouncer(storage)) {
  await using archive = await openArchive(`file://${folder}`, { access: "read" });
  return await restoreArchive(archive, storage, { evidence });
}

const verified = (storage: StorageBackend) => verifyStore(storage, { keys: [VERIFIER] });

/** Leaves by kind; `event` is what is left. */
async function leavesOf({ evidenceSupport }: StorageBackend): Promise<Record<string, number>> {
  const { size = 0 } = (await evidenceSupport?.log()) ?? {};
  const kinds: Record<string, number> = { event: size };
  for (const { kind } of (await evidenceSupport?.statements(1, { from: 0, limit: 4096 })) ?? []) {
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    kinds.event = (kinds.event as number) - 1;
  }
  return kinds;
}

async function codesOf(storage: StorageBackend): Promise<string[]> {
  return (await verified(storage)).findings.map(({ code }) => code);
}

describe.each(STORES)("on %s", (name) => {
  describe(...on(name, "restored events of a sealed store"), () => {
    let places: StorePlaces;
    beforeAll(async () => {
      places = await placesFor(name);
    });
    afterAll(() => places?.[Symbol.asyncDispose]());

    it("keep their leaves, however often they leave and come back", async () => {
      const place = await places.make();
      const store = await archived(place);
      await using storage = store.storage;
      for (let times = 1; times <= 2; times++) {
        expect(await restore(store)).toEqual({ inserted: EVENTS, duplicates: 0, conflicts: 0 });
        expect(await leavesOf(storage)).toMatchObject({ event: EVENTS + 1, restore: times });
        expect(await verified(storage)).toMatchObject({ events: EVENTS + 1, dropped: 0, uncompared: 0, findings: [] });
        // Idempotent: nothing more is stated.
        expect(await restore(store)).toEqual({ inserted: 0, duplicates: EVENTS, conflicts: 0 });
        expect(await leavesOf(storage)).toMatchObject({ event: EVENTS + 1, restore: times });
        await retire(storage, tempFolder());
        expect(await verified(storage)).toMatchObject({ dropped: EVENTS, findings: [] });
      }
      await restore(store);
      await createSealer(storage, { key: KEY, clock: store.clock }).sealOnce();
      const { proof } = await proveEvent(storage, event(7).eventId as string);
      expect(proof).toContain("c2sp.org/tlog-proof");
      const folder = join(tempFolder(), "export");
      const written = await exportStore(storage, { folder });
      expect(written).toMatchObject({ events: EVENTS + 1, problems: [] });
      const report = await verifyExport(folder, { keys: [VERIFIER] });
      expect(report).toMatchObject({ isComplete: true, events: EVENTS + 1, present: EVENTS + 1, dropped: 0 });
    });

    it("are found when they are edited, deleted, or said to have another leaf", async () => {
      const place = await places.make();
      const store = await archived(place);
      await using storage = store.storage;
      await restore(store);
      const id = event(7).eventId;
      await place.raw(`UPDATE audit_events SET decision = 'deny' WHERE event_id = '${event(8).eventId}'`);
      expect(await verified(storage)).toMatchObject({ findings: [{ code: "edited", eventId: event(8).eventId }] });
      await place.raw(`UPDATE audit_events SET decision = 'allow' WHERE event_id = '${event(8).eventId}'`);
      expect(await codesOf(storage)).toEqual([]);
      const [moved] = await place.raw(
        `SELECT m.leaf FROM evidence_moved AS m JOIN audit_events AS e ON e.seq = m.seq WHERE e.event_id = '${id}'`,
      );
      await place.raw(`UPDATE evidence_moved SET leaf = leaf + 100000 WHERE leaf = ${moved?.leaf}`);
      expect(await codesOf(storage)).toEqual(["moved"]);
      await place.raw(`UPDATE evidence_moved SET leaf = ${moved?.leaf} WHERE leaf = ${moved?.leaf} + 100000`);
      await place.raw(`DELETE FROM audit_events WHERE event_id = '${id}'`);
      expect(await verified(storage)).toMatchObject({ findings: [{ code: "deleted", leaf: Number(moved?.leaf) }] });
    });

    it("are told from rows that others put in and say to have been restored", async () => {
      const place = await places.make();
      const store = await archived(place);
      await using storage = store.storage;
      await restore(store);
      // Sealing passes what has a leaf: one of an event that is there, and one of none.
      await storage.audit.append([event(6000, { ts: new Date(NOW) }), event(6001, { ts: new Date(NOW) })]);
      const [leaf] = await place.raw("SELECT max(leaf) AS leaf FROM evidence_moved");
      const forge = async (id: string | undefined, as: number): Promise<void> => {
        await place.raw(`DELETE FROM evidence_moved WHERE leaf = ${as}`);
        await place.raw(
          `INSERT INTO evidence_moved (log, leaf, seq) SELECT 1, ${as}, seq FROM audit_events WHERE event_id = '${id}'`,
        );
      };
      await forge(event(6000).eventId, Number(leaf?.leaf));
      await forge(event(6001).eventId, 1_000_000);
      await createSealer(storage, { key: KEY, clock: store.clock }).sealOnce();
      const { events, findings } = await verified(storage);
      expect(events).toBe(EVENTS + 1);
      const found = findings.map(({ code, eventId }) => [code, eventId]);
      // The row that the leaf stands for has no place any more, and the other one is not what was sealed.
      expect(found).toContainEqual(["inserted", event(6001).eventId]);
      expect(found.map(([code]) => code).toSorted()).toEqual(["inserted", "inserted", "moved"]);
    });

    it("that nothing was stated of are stated when events are sealed next, and are found when they are not as sealed", async () => {
      const place = await places.make();
      const store = await archived(place);
      await using storage = store.storage;
      const announcer = restoreAnnouncer(storage);
      const killed = {
        ...announcer,
        done: async () => {
          throw new StorageError({ code: "closed", message: "the process is gone" });
        },
      };
      await expect(restore(store, killed)).rejects.toMatchObject({ code: "closed" });
      expect(await verified(storage)).toMatchObject({ findings: [] });
      const id = event(8).eventId;
      await place.raw(`UPDATE audit_events SET decision = 'deny' WHERE event_id = '${id}'`);
      await createSealer(storage, { key: KEY, clock: store.clock }).sealOnce();
      expect(await leavesOf(storage)).toMatchObject({ event: EVENTS + 1, restore: 1 });
      expect(await verified(storage)).toMatchObject({ dropped: 1, findings: [{ code: "edited", eventId: id }] });
      await place.raw(`UPDATE audit_events SET decision = 'allow' WHERE event_id = '${id}'`);
      expect(await verified(storage)).toMatchObject({ findings: [{ code: "moved", eventId: id }] });
    });

    it("are sealed anew by a log that continues theirs, also where parts of them were erased", async () => {
      const place = await places.make();
      const store = await archived(place);
      await using storage = store.storage;
      await restore(store);
      const request = { parts: ["payload"], request: "R1", basis: "Art. 17(1)(b)" };
      const erase = (n: number, log: StorageBackend) =>
        log.erase({ ...request, filter: { eventId: String(event(n).eventId) } }, { evidence: erasureEvidence(log) });
      expect((await erase(41, storage)).remains.filter((text) => text.includes("log 1"))).toEqual([]);
      await createSealer(storage, { key: KEY, clock: store.clock }).sealOnce();
      const pair = generateSignerKey(`${ORIGIN}/2`);
      const key = parseSignerKey(pair.signerKey);
      await forkLog(storage, { key, reason: "the key was lost", clock: store.clock });
      await createSealer(storage, { key, clock: store.clock }).sealOnce();
      const keys = [parseVerifierKey(pair.verifierKey)];
      const all = { log: 2, events: EVENTS + 1, uncompared: 0, findings: [] };
      expect(await verifyStore(storage, { keys })).toMatchObject({ ...all, dropped: 0 });
      await retire(storage, tempFolder());
      expect(await verifyStore(storage, { keys })).toMatchObject({ ...all, dropped: EVENTS });
      // The archive names leaves of the log before; those of this one are found by what they stand for.
      expect(await restore(store)).toMatchObject({ inserted: EVENTS });
      expect((await verifyStore(storage, { keys })).findings).toEqual([]);
      // The salts of the log before are left.
      expect((await erase(42, storage)).remains.filter((text) => text.includes("log 1"))).toHaveLength(1);
      expect((await verifyStore(storage, { keys })).findings).toEqual([]);
    });

    it("keep their leaves where the archive says nothing of them, or are refused", async () => {
      const place = await places.make();
      const { storage: opened, at } = await sealedStore(place);
      await using storage = opened;
      await storage.audit.append([event(5000, { ts: new Date(NOW + 39 * DAY_MS) })]);
      await createSealer(storage, { key: KEY, clock: at }).sealOnce();
      const folder = tempFolder();
      const { archiveRows: _, ...evidence } = dropAnnouncer(storage);
      await retire(storage, folder, evidence as ReturnType<typeof dropAnnouncer>);
      await using archive = await openArchive(`file://${folder}`, { access: "read" });
      for await (const manifest of archive.manifests()) expect(manifest.formatVersion).toBe(1);
      await expect(restoreArchive(archive, storage)).rejects.toMatchObject({ code: "conflict" });
      expect(await restore({ storage, folder, clock: at })).toMatchObject({ inserted: EVENTS });
      expect(await leavesOf(storage)).toMatchObject({ event: EVENTS + 1, restore: 1 });
      expect(await verified(storage)).toMatchObject({ dropped: 0, findings: [] });
    });
  });
});
