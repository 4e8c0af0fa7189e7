import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { createSealer, verifyStore } from "../../src/index.js";
import { placesFor } from "./support/places.js";
import { EVENTS, events, KEY, VERIFIER } from "./support/sealed-store.js";

/** More than one tile of level 1 would need too many events; level 0 has full tiles and one that is not. */
const MORE = 3000;

it("reads on in a file whose schema kept each tile in one row", { timeout: 60_000 }, async () => {
  await using places = await placesFor("sqlite");
  const place = await places.make();
  const storage = await place.open();
  const sealer = createSealer(storage, { key: KEY });
  await sealer.init();
  await storage.audit.append(events(0, EVENTS));
  await sealer.sealOnce();
  await storage.audit.append(events(EVENTS, MORE));
  await sealer.sealOnce();
  const support = storage.evidenceSupport;
  const tiles = [];
  for (const level of [0, 1]) tiles.push(...((await support?.tiles(1, level, { from: 0, limit: 4096 })) ?? []));
  await storage.close();
  const before = await place.raw("SELECT log, level, idx, hex(hashes) AS hashes FROM evidence_hashes ORDER BY 1, 2, 3");

  const { path } = place.options as { path: string };
  const db = new Database(path);
  db.exec(`CREATE TABLE evidence_tiles (log INTEGER NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL,
    hashes BLOB NOT NULL, PRIMARY KEY (log, level, idx)) STRICT;
    DROP TABLE evidence_hashes; DELETE FROM aasm_migrations WHERE version > 7`);
  const insert = db.prepare("INSERT INTO evidence_tiles (log, level, idx, hashes) VALUES (1, ?, ?, ?)");
  for (const { level, index, hashes } of tiles) insert.run(level, index, hashes);
  db.close();

  const migrated = await place.open();
  const after = await place.raw("SELECT log, level, idx, hex(hashes) AS hashes FROM evidence_hashes ORDER BY 1, 2, 3");
  expect(after).toEqual(before);
  expect(before.length).toBeGreaterThan(25);
  expect(await place.raw("SELECT name FROM sqlite_master WHERE name = 'evidence_tiles'")).toEqual([]);
  await migrated.audit.append(events(EVENTS + MORE, 10));
  await createSealer(migrated, { key: KEY }).sealOnce();
  expect(await verifyStore(migrated, { keys: [VERIFIER] })).toMatchObject({ events: EVENTS + MORE + 10, findings: [] });
  await migrated.close();
});
