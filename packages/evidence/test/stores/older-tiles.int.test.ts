import type { StorageBackend } from "@agent-assembly/storage-core";
import { backendModule } from "@agent-assembly/storage-postgres";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { createSealer, verifyStore } from "../../src/index.js";
import { on, placesFor, type StorePlace } from "./support/places.js";
import { EVENTS, events, KEY, VERIFIER } from "./support/sealed-store.js";

/** More than one tile of level 1 would need too many events; level 0 has full tiles and one that is not. */
const MORE = 3000;

async function tilesOf({ evidenceSupport }: StorageBackend) {
  const tiles = [];
  for (const level of [0, 1]) tiles.push(...((await evidenceSupport?.tiles(1, level, { from: 0, limit: 4096 })) ?? []));
  return tiles;
}

/** A sealed store, with full tiles and one that is not. */
async function sealed(place: StorePlace): Promise<StorageBackend> {
  const storage = await place.open();
  const sealer = createSealer(storage, { key: KEY });
  await sealer.init();
  await storage.audit.append(events(0, EVENTS));
  await sealer.sealOnce();
  await storage.audit.append(events(EVENTS, MORE));
  await sealer.sealOnce();
  return storage;
}

async function expectContinued(storage: StorageBackend): Promise<void> {
  await storage.audit.append(events(EVENTS + MORE, 10));
  await createSealer(storage, { key: KEY }).sealOnce();
  expect(await verifyStore(storage, { keys: [VERIFIER] })).toMatchObject({ events: EVENTS + MORE + 10, findings: [] });
}

describe("a schema that kept each tile in one row", { timeout: 60_000 }, () => {
  it("is migrated in a file", async () => {
    await using places = await placesFor("sqlite");
    const place = await places.make();
    const storage = await sealed(place);
    const tiles = await tilesOf(storage);
    await storage.close();
    const rows = "SELECT log, level, idx, hex(hashes) AS hashes FROM evidence_hashes ORDER BY 1, 2, 3";
    const before = await place.raw(rows);

    const { path } = place.options as { path: string };
    const db = new Database(path);
    db.exec(`CREATE TABLE evidence_tiles (log INTEGER NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL,
      hashes BLOB NOT NULL, PRIMARY KEY (log, level, idx)) STRICT;
      DROP TABLE evidence_hashes; DROP TABLE api_tokens; DROP TABLE evidence_verifications;
      DELETE FROM aasm_migrations WHERE version > 7`);
    const insert = db.prepare("INSERT INTO evidence_tiles (log, level, idx, hashes) VALUES (1, ?, ?, ?)");
    for (const { level, index, hashes } of tiles) insert.run(level, index, hashes);
    db.close();

    const migrated = await place.open();
    expect(await place.raw(rows)).toEqual(before);
    expect(before.length).toBeGreaterThan(25);
    expect(await place.raw("SELECT name FROM sqlite_master WHERE name = 'evidence_tiles'")).toEqual([]);
    await expectContinued(migrated);
    await migrated.close();
  });

  it(...on("postgres", "is migrated on PostgreSQL"), async () => {
    await using places = await placesFor("postgres");
    const place = await places.make();
    const storage = await sealed(place);
    const tiles = await tilesOf(storage);
    const rows = "SELECT log, level, idx, part, hashes FROM evidence_hashes ORDER BY 1, 2, 3, 4";
    const before = await place.raw(rows);
    // What the steps behind the one with one row for each tile made.
    for (const sql of OLDER_POSTGRES) await place.raw(sql);
    const { url, schema, timescaledb } = place.options as { url: string; schema: string; timescaledb: "off" };
    await backendModule.schema.migrate({ url, schema, timescaledb });
    expect(await place.raw(rows)).toEqual(before);
    expect(before.length).toBeGreaterThan(25);
    expect(await tilesOf(storage)).toEqual(tiles);
    await expectContinued(storage);
    await storage.close();
  });
});

const OLDER_POSTGRES = [
  `CREATE TABLE evidence_tiles (log integer NOT NULL, level smallint NOT NULL, idx bigint NOT NULL, hashes bytea NOT NULL,
    CONSTRAINT evidence_tiles_key PRIMARY KEY (log, level, idx))`,
  `INSERT INTO evidence_tiles SELECT log, level, idx, string_agg(hashes, '' ORDER BY part) FROM evidence_hashes GROUP BY 1, 2, 3`,
  "DROP TABLE evidence_hashes",
  "DROP TABLE evidence_verifications",
  "ALTER TABLE evidence_batches DROP COLUMN first_xact, DROP COLUMN last_xact",
  "DELETE FROM aasm_migrations WHERE version > 10",
];
