import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Archive, applyRetention, openArchive } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSeedsLine } from "../../src/folder/seeds-line.js";
import { dropAnnouncer, exportStore, leafHash, verifyExport, verifyStore } from "../../src/index.js";
import { sealedEntry } from "../../src/leaf/sealed-leaf.js";
import { leafSeeds } from "../../src/salts/seeds.js";
import { archivePolicy, DAY_MS, OLD_AT as now, oldStore, tempFolder } from "./support/old-store.js";
import { on, placesFor, STORES, type StorePlace, type StorePlaces } from "./support/places.js";
import { EVENTS, NOW, ORIGIN, VERIFIER } from "./support/sealed-store.js";

/** A sealed store whose events but for one are in an archive. */
async function archived(place: StorePlace, folder: string): Promise<{ storage: StorageBackend; run: string }> {
  const { storage, sealer } = await oldStore(place);
  const report = await applyRetention(storage, archivePolicy(folder), { now, evidence: dropAnnouncer(storage) });
  expect(report).toMatchObject({ outcome: "succeeded", warnings: [] });
  await sealer.sealOnce();
  return { storage, run: report.runId };
}

async function withArchive<T>(folder: string, use: (archive: Archive) => Promise<T>): Promise<T> {
  await using archive = await openArchive(`file://${folder}`, { access: "read" });
  return await use(archive);
}

/** The one file below a folder whose path ends so. */
function fileIn(folder: string, end: string): string {
  const [found] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(end));
  return join(folder, found as string);
}

describe.each(STORES)("on %s", (name) => {
  describe(...on(name, "an archive of a sealed store"), () => {
    let places: StorePlaces;
    let storage: StorageBackend;
    let folder: string;
    let run: string;
    beforeAll(async () => {
      places = await placesFor(name);
      folder = mkdtempSync(join(tmpdir(), "aasm-evidence-archive-"));
      ({ storage, run } = await archived(await places.make(), folder));
    });
    afterAll(async () => {
      rmSync(folder, { recursive: true, force: true });
      await storage?.close();
      await places?.[Symbol.asyncDispose]();
    });

    /** A copy that a test may damage. */
    const copy = (): string => {
      const other = tempFolder();
      cpSync(folder, other, { recursive: true });
      return other;
    };
    const found = (at: string) =>
      withArchive(
        at,
        async (archive) => (await verifyStore(storage, { keys: [VERIFIER], archives: [archive] })).findings,
      );

    it("has what proves its events: leaf, tile and seed of each", async () => {
      const hashes = new Map<number, Buffer>();
      for (const line of readFileSync(fileIn(folder, "tiles.jsonl"), "utf8").trimEnd().split("\n")) {
        const { index, hashes: text } = JSON.parse(line) as { index: number; hashes: string };
        hashes.set(index, Buffer.from(text, "base64"));
      }
      const seeds = new Map<number, readonly (Uint8Array | undefined)[]>();
      for (const line of readFileSync(fileIn(folder, "seeds.jsonl"), "utf8").trimEnd().split("\n")) {
        const parsed = parseSeedsLine(line);
        if (parsed !== undefined) seeds.set(parsed.bundle, leafSeeds(parsed.nodes));
      }
      await withArchive(folder, async (archive) => {
        let events = 0;
        for await (const { event: one, leaf, manifest } of archive.checkedRecords()) {
          expect(manifest).toMatchObject({ formatVersion: 2, evidence: { log: 1, origin: ORIGIN } });
          const [bundle, place] = [Math.floor((leaf as number) / 256), (leaf as number) % 256];
          const seed = seeds.get(bundle)?.[place] as Uint8Array;
          const hash = Buffer.from(leafHash(Buffer.from(sealedEntry(one, seed)))).toString("hex");
          expect(
            hashes
              .get(bundle)
              ?.subarray(place * 32, place * 32 + 32)
              .toString("hex"),
          ).toBe(hash);
          events++;
        }
        expect(events).toBe(EVENTS);
        const reports = [];
        for await (const report of archive.verify()) reports.push(report);
        expect(reports.filter(({ status }) => status !== "ok")).toEqual([]);
        expect(reports.filter(({ path }) => path.startsWith("_evidence/"))).toHaveLength(2);
      });
    });

    it("proves a range whose rows were dropped; without it, the export says which run dropped them", async () => {
      const without = join(tempFolder(), "without");
      await exportStore(storage, { folder: without });
      expect(await verifyExport(without, { keys: [VERIFIER] })).toMatchObject({
        isComplete: true,
        events: EVENTS + 1,
        present: 1,
        dropped: EVENTS,
        runs: [run],
      });
      const complete = join(tempFolder(), "complete");
      const written = await withArchive(folder, (archive) =>
        exportStore(storage, { folder: complete, archives: [archive] }),
      );
      expect(written).toMatchObject({ events: EVENTS + 1, problems: [] });
      expect(await verifyExport(complete, { keys: [VERIFIER] })).toMatchObject({
        isComplete: true,
        events: EVENTS + 1,
        present: EVENTS + 1,
        missing: 0,
        dropped: 0,
        runs: [],
      });
      const part = join(tempFolder(), "part");
      const range = { from: new Date(NOW - DAY_MS + 100_000), to: new Date(NOW - DAY_MS + 200_000) };
      await withArchive(folder, (archive) => exportStore(storage, { ...range, folder: part, archives: [archive] }));
      expect(await verifyExport(part, { keys: [VERIFIER] })).toMatchObject({
        isComplete: true,
        events: 100,
        present: 100,
      });
    });

    it("is found missing or damaged", async () => {
      expect(await found(folder)).toEqual([]);
      expect(await found(tempFolder())).toMatchObject([{ code: "archive_missing" }]);
      for (const end of [".parquet", "tiles.jsonl", "seeds.jsonl"]) {
        const without = copy();
        rmSync(fileIn(without, end));
        expect(await found(without), end).toMatchObject([{ code: "archive_missing" }]);
        const damaged = copy();
        const file = fileIn(damaged, end);
        const bytes = readFileSync(file);
        bytes[100] = (bytes[100] as number) ^ 1;
        writeFileSync(file, bytes);
        expect(await found(damaged), end).toMatchObject([{ code: "archive_damaged" }]);
      }
      const other = copy();
      const manifest = fileIn(other, ".json");
      writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/"createdAt": "..../, '"createdAt": "2020'));
      expect(await found(other)).toMatchObject([
        { code: "archive_damaged", detail: expect.stringContaining("manifest") },
      ]);
    });
  });
});
