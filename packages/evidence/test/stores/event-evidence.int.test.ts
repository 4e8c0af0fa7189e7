import type { AuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createSealer,
  decodeEntryBundle,
  erasureEvidence,
  eventEvidence,
  leafHash,
  parseEntry,
  proveEvent,
  readStoredBundle,
  verifyEntryProof,
} from "../../src/index.js";
import { on, placesFor, STORES, type StorePlaces } from "./support/places.js";
import { EVENTS, event, events, KEY, sealedStore, VERIFIER } from "./support/sealed-store.js";

const idOf = (n: number): string => String(event(n).eventId);

async function read(storage: StorageBackend, n: number): Promise<AuditEvent> {
  const [found] = (await storage.audit.query({ eventId: idOf(n) }, { limit: 1 })).items;
  if (found === undefined) throw new Error(`there is no event ${n}`);
  return found;
}

const stateOf = async (storage: StorageBackend, n: number) => eventEvidence(storage, await read(storage, n));

describe.each(STORES)("on %s", { timeout: 120_000 }, (name) => {
  let places: StorePlaces;
  beforeAll(async () => {
    if (!on(name, "")[1].skip) places = await placesFor(name);
  });
  afterAll(() => places?.[Symbol.asyncDispose]());

  it(...on(name, "says how far an event is vouched for"), async () => {
    const place = await places.make();
    const { storage, at } = await sealedStore(place);
    await using _ = storage;
    for (const n of [0, 255, 301, EVENTS - 1]) {
      const found = await stateOf(storage, n);
      if (found.state !== "proven") throw new Error(`event ${n} is ${found.state}`);
      expect(found.erasedParts).toBe(0);
      const { entry, index, checkpoint } = verifyEntryProof(found.proof, [VERIFIER]);
      expect([index, checkpoint.size]).toEqual([found.leaf, found.size]);
      expect(parseEntry(entry)).toMatchObject({ t: "event", eventId: idOf(n) });
      expect((await proveEvent(storage, idOf(n))).proof).toBe(found.proof);
    }
    await storage.audit.append(events(EVENTS, 2));
    expect((await stateOf(storage, EVENTS)).state).toBe("waiting");
    await createSealer(storage, { clock: at }).sealOnce();
    expect(await stateOf(storage, EVENTS)).toMatchObject({ state: "unsigned", leaf: expect.any(Number) });
    await createSealer(storage, { key: KEY, clock: at }).sealOnce();
    expect((await stateOf(storage, EVENTS)).state).toBe("proven");
    await place.raw(`UPDATE audit_events SET decision = 'redact' WHERE event_id = '${idOf(20)}'`);
    expect(await stateOf(storage, 20)).toMatchObject({ state: "not_as_sealed", leaf: expect.any(Number) });
  });

  it(...on(name, "proves an event of which parts were erased"), async () => {
    const { storage } = await sealedStore(await places.make());
    await using _ = storage;
    const request = { filter: { eventId: idOf(30) }, parts: ["payload", "sessionId"], request: "R1", basis: "Art. 17" };
    await storage.erase(request, { evidence: erasureEvidence(storage) });
    const found = await stateOf(storage, 30);
    if (found.state !== "proven") throw new Error(`it is ${found.state}`);
    expect(found.erasedParts).toBeGreaterThan(1);
    expect(verifyEntryProof(found.proof, [VERIFIER]).index).toBe(found.leaf);
  });

  it(...on(name, "gives bundles of entries as long as their rows are there"), async () => {
    const place = await places.make();
    const { storage } = await sealedStore(place);
    await using _ = storage;
    const [tile] = (await storage.evidenceSupport?.tiles(1, 0, { from: 1, limit: 1 })) ?? [];
    const { bytes } = await readStoredBundle(storage, { index: 1, width: 100 });
    const entries = decodeEntryBundle(bytes as Uint8Array);
    expect(entries).toHaveLength(100);
    for (const [n, entry] of entries.entries()) {
      expect(Buffer.from(leafHash(entry))).toEqual(Buffer.from(tile?.hashes.subarray(n * 32, n * 32 + 32) ?? []));
    }
    await place.raw(`UPDATE audit_events SET decision = 'redact' WHERE event_id = '${idOf(20)}'`);
    const changed = await readStoredBundle(storage, { index: 0, width: 256 });
    expect(changed).toMatchObject({ gone: [], altered: [expect.any(Number)] });
    expect(changed.bytes).toBeUndefined();
    await place.raw(`DELETE FROM audit_events WHERE event_id = '${idOf(20)}'`);
    expect(await readStoredBundle(storage, { index: 0, width: 256 })).toEqual({ gone: changed.altered, altered: [] });
  });
});

it(
  ...on("postgres", "a login that reads no salts learns leaf and checkpoint, and gets no proof", { timeout: 60_000 }),
  async () => {
    await using places = await placesFor("postgres");
    const place = await places.make();
    const { storage } = await sealedStore(place);
    await using _ = storage;
    if (!("url" in place.options)) throw new Error("it is no server");
    const { url, schema } = place.options;
    const role = `evidence_reader_${process.pid}`;
    await place.raw(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'`);
    try {
      await place.raw(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
      await place.raw(`GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
      await place.raw(`REVOKE SELECT ON ${schema}.evidence_seeds, ${schema}.evidence_parts FROM ${role}`);
      const login = new URL(url);
      login.username = role;
      login.password = "reader";
      await using reader = await openPostgresStorage({ ...place.options, url: login.href });
      expect(await stateOf(reader, 7)).toMatchObject({ state: "unproven", leaf: expect.any(Number) });
      const denied = { code: "permission_denied" };
      await expect(proveEvent(reader, idOf(7))).rejects.toMatchObject(denied);
      await expect(readStoredBundle(reader, { index: 0, width: 256 })).rejects.toMatchObject(denied);
    } finally {
      await place.raw(`DROP OWNED BY ${role}`);
      await place.raw(`DROP ROLE ${role}`);
    }
  },
);
