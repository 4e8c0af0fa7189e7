import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { applyRetention, erasableArchives, openArchive, restoreArchive } from "@agent-assembly/retention";
import type { ErasureRequest, StorageBackend } from "@agent-assembly/storage-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createSealer,
  dropAnnouncer,
  erasureEvidence,
  exportStore,
  restoreAnnouncer,
  verifyExport,
  verifyStore,
} from "../../src/index.js";
import { dyingStore } from "../support/dying-store.js";
import { archivePolicy, DAY_MS, OLD_AT, oldStore, tempFolder } from "./support/old-store.js";
import { on, placesFor, STORES, type StorePlace, type StorePlaces } from "./support/places.js";
import { EVENTS, KEY, VERIFIER } from "./support/sealed-store.js";

const ERASED = 100;

const REQUEST: ErasureRequest = {
  filter: { sessionId: "session-3" },
  parts: ["sessionId", "payload:/arguments"],
  request: "R1",
  basis: "Art. 17(1)(b)",
};

/** A sealed store all of whose events but one are in an archive, and dropped. */
async function archivedStore(place: StorePlace) {
  const { storage, sealer } = await oldStore(place);
  const folder = tempFolder();
  const policy = archivePolicy(folder);
  const options = { now: OLD_AT, evidence: dropAnnouncer(storage) };
  expect(await applyRetention(storage, policy, options)).toMatchObject({ outcome: "succeeded", rows: EVENTS });
  return { storage, sealer, folder, url: `file://${folder}` };
}

async function checked(storage: StorageBackend, url: string) {
  await using archive = await openArchive(url, { access: "read" });
  return await verifyStore(storage, { keys: [VERIFIER], archives: [archive] });
}

async function exported(storage: StorageBackend, url: string) {
  await using archive = await openArchive(url, { access: "read" });
  const folder = join(tempFolder(), "export");
  const { problems } = await exportStore(storage, { folder, archives: [archive] });
  expect(problems).toEqual([]);
  return await verifyExport(folder, { keys: [VERIFIER] });
}

async function erase(storage: StorageBackend, sealer = createSealer(storage)) {
  const evidence = erasureEvidence(storage, { sealer, waitMs: 0 });
  return storage.erase(REQUEST, { evidence, archives: await erasableArchives(storage, { evidence }) });
}

describe.each(STORES)("on %s", (name) => {
  describe(...on(name, "an erasure in an archive of sealed events"), () => {
    let places: StorePlaces;
    beforeAll(async () => {
      places = await placesFor(name);
    });
    afterAll(() => places?.[Symbol.asyncDispose]());

    it("is stated, destroys the salts there, too, and the rest stays verifiable", async () => {
      const { storage, sealer, folder, url } = await archivedStore(await places.make());
      const seedsOf = (): string[] =>
        readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => /seeds.*\.jsonl$/.test(path));
      const [before] = seedsOf();
      const old = readFileSync(join(folder, before as string), "utf8");
      const result = await erase(storage, sealer);
      expect(result).toMatchObject({ events: 0, archives: [{ events: ERASED }], remains: [] });
      await sealer.sealOnce();
      expect(seedsOf()).toHaveLength(1);
      expect(seedsOf()).not.toEqual([before]);
      const lines = readFileSync(join(folder, seedsOf()[0] as string), "utf8")
        .trimEnd()
        .split("\n");
      const salts = lines.flatMap((line) => (JSON.parse(line) as { salts: unknown[] }).salts);
      expect(salts).toHaveLength(ERASED);
      expect(lines.some((line) => old.includes(line))).toBe(false);
      expect((await checked(storage, url)).findings).toEqual([]);
      const report = await exported(storage, url);
      expect(report).toMatchObject({ events: EVENTS + 1, erased: ERASED, findings: [], isComplete: true });
      // The same again changes nothing.
      expect(await erase(storage, sealer)).toMatchObject({ archives: [{ events: 0, files: 0 }], remains: [] });
      await storage.close();
    });

    it("keeps restored events verifiable", async () => {
      const { storage, sealer, url } = await archivedStore(await places.make());
      await erase(storage, sealer);
      await using archive = await openArchive(url, { access: "read" });
      const restored = await restoreArchive(archive, storage, { evidence: restoreAnnouncer(storage) });
      expect(restored).toMatchObject({ inserted: EVENTS, conflicts: 0 });
      await sealer.sealOnce();
      const found = await verifyStore(storage, { keys: [VERIFIER] });
      expect(found).toMatchObject({ erased: ERASED, dropped: 0, uncompared: 0, findings: [] });
      await storage.close();
    });

    it("leaves an archive as it is, and says so, where nothing could state it", async () => {
      const { storage, sealer, url } = await archivedStore(await places.make());
      const archives = await erasableArchives(storage);
      const evidence = erasureEvidence(storage, { sealer });
      const { remains } = await storage.erase(REQUEST, { evidence, archives });
      expect(remains[0]).toContain('its events are sealed, and the option "evidence" is missing');
      expect((await checked(storage, url)).findings).toEqual([]);
      await storage.close();
    });
  });
});

describe(...on("sqlite", "an erasure in an archive that is killed"), () => {
  it("is finished by the next one, at whichever change of the store it ended", { timeout: 300_000 }, async () => {
    await using places = await placesFor("sqlite");
    let isOver = false;
    let changes = 0;
    for (; !isOver; changes++) {
      const place = await places.make();
      const { storage, url } = await archivedStore(place);
      const dying = dyingStore(storage, changes);
      const evidence = erasureEvidence(dying, { waitMs: 0 });
      const archives = await erasableArchives(dying, { evidence }).catch(() => []);
      isOver = await storage.erase(REQUEST, { evidence, archives }).then(
        () => archives.length > 0,
        () => false,
      );
      const what = `killed after ${changes} changes`;
      await storage.close();
      // The leases of what was killed have run out.
      await using later = await place.open(() => Date.now() + DAY_MS);
      expect((await checked(later, url)).findings, what).toEqual([]);
      const { remains } = await erase(later);
      expect(remains, what).toEqual([]);
      await createSealer(later, { key: KEY }).sealOnce();
      expect((await checked(later, url)).findings, what).toEqual([]);
      expect(await exported(later, url), what).toMatchObject({ erased: ERASED, findings: [], isComplete: true });
    }
    expect(changes).toBeGreaterThan(5);
  });
});
