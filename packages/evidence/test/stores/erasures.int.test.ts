import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { ErasureRequest, StorageBackend } from "@agent-assembly/storage-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  createSealer,
  erasureEvidence,
  exportStore,
  type FindingCode,
  puncture,
  type SeedNode,
  type Sealer,
  verifyExport,
  verifyStore,
} from "../../src/index.js";
import { on, placesFor, STORES, type StorePlace, type StorePlaces } from "./support/places.js";
import { EVENTS, event, KEY, sealedStore, VERIFIER } from "./support/sealed-store.js";

const SECRET = "zoe.quinn@example.com";
const NUMBER = 41;
/** Behind the key statement. */
const LEAF = NUMBER + 1;
const ID = `event_id = '${String(event(NUMBER).eventId)}'`;

const REQUEST: ErasureRequest = {
  filter: { eventId: String(event(NUMBER).eventId) },
  parts: ["sessionId", "payload:/arguments"],
  request: "R1",
  basis: "Art. 17(1)(b)",
};

/** A sealed store of which one event holds the secret, before it is erased; and what puts it back. */
async function storeWithSecret(place: StorePlace) {
  const { storage, at } = await sealedStore(place);
  return { storage, sealer: createSealer(storage, { key: KEY, clock: at }) };
}

async function erase(storage: StorageBackend, sealer: Sealer): Promise<void> {
  const { events } = await storage.erase(REQUEST, { evidence: erasureEvidence(storage, { sealer }) });
  expect(events).toBe(1);
}

/** What a mutation may need of the state before. */
interface Before {
  readonly seeds: readonly SeedNode[];
  readonly payload: string;
}

interface Mutation {
  readonly what: string;
  readonly code: FindingCode;
  readonly sql: (place: StorePlace, before: Before) => readonly string[];
}

const isFile = ({ options }: StorePlace): boolean => "path" in options;

function bytes(place: StorePlace, content: Uint8Array): string {
  const hex = Buffer.from(content).toString("hex");
  return isFile(place) ? `x'${hex}'` : `'\\x${hex}'::bytea`;
}

function seedsOf(place: StorePlace, nodes: readonly SeedNode[]): string[] {
  const values = nodes.map(({ depth, path, node }) => `(1, 0, ${depth}, ${path}, ${bytes(place, node)})`);
  return [
    "DELETE FROM evidence_seeds WHERE bundle = 0",
    `INSERT INTO evidence_seeds (log, bundle, depth, path, node) VALUES ${values.join(", ")}`,
  ];
}

const valueBack = ({ payload }: Before): string[] => [
  `UPDATE audit_events SET session_id = 'session-${NUMBER % 7}', payload = '${payload}' WHERE ${ID}`,
];

const MUTATIONS: readonly Mutation[] = [
  {
    what: "an erased part that is there again",
    code: "edited",
    sql: () => [`UPDATE audit_events SET session_id = 'session-${NUMBER % 7}' WHERE ${ID}`],
  },
  { what: "all that was erased, there again", code: "edited", sql: (_, before) => valueBack(before) },
  {
    what: "all that was erased, there again with its salts",
    code: "edited",
    sql: (place, before) => [
      ...valueBack(before),
      ...seedsOf(place, before.seeds),
      `DELETE FROM evidence_parts WHERE leaf = ${LEAF}`,
      `DELETE FROM audit_erased WHERE ${ID}`,
    ],
  },
  {
    what: "another part of an erased event",
    code: "edited",
    sql: () => [`UPDATE audit_events SET decision = 'redact' WHERE ${ID}`],
  },
  {
    what: "another member of its payload",
    code: "edited",
    sql: () => [`UPDATE audit_events SET payload = '{"tool":"send_fax"}' WHERE ${ID}`],
  },
  {
    what: "another erased part",
    code: "edited",
    sql: () => [`UPDATE audit_events SET payload = NULL WHERE ${ID}`],
  },
  {
    what: "a commitment",
    code: "edited",
    sql: (place) => [
      `UPDATE evidence_parts SET bytes = ${bytes(place, new Uint8Array(32))} WHERE leaf = ${LEAF} AND place = 2`,
    ],
  },
  {
    what: "a salt that was kept",
    code: "edited",
    sql: (place) => [
      `UPDATE evidence_parts SET bytes = ${bytes(place, new Uint8Array(32))} WHERE leaf = ${LEAF} AND place = 0`,
    ],
  },
  {
    what: "a commitment that is gone",
    code: "tile_damaged",
    sql: () => [`DELETE FROM evidence_parts WHERE leaf = ${LEAF} AND place = 4`],
  },
  {
    what: "all that was kept of a leaf",
    code: "tile_damaged",
    sql: () => [`DELETE FROM evidence_parts WHERE leaf = ${LEAF}`],
  },
  {
    what: "the seed of an erased event, which is there again",
    code: "tile_damaged",
    sql: (place, { seeds }) => seedsOf(place, seeds),
  },
  {
    what: "the marker of an erased event",
    code: "erased_without_record",
    sql: () => [`DELETE FROM audit_erased WHERE ${ID}`],
  },
  {
    what: "a seed that was destroyed without a statement",
    code: "erased_without_record",
    sql: (place, { seeds }) => seedsOf(place, puncture(puncture(seeds, LEAF), LEAF + 5)),
  },
  {
    what: "the list of the result",
    code: "seal_damaged",
    sql: () => [
      `UPDATE evidence_statements SET list = '[[${LEAF},[2]]]'
       WHERE leaf = (SELECT max(leaf) FROM evidence_statements WHERE kind = 'erase')`,
    ],
  },
  {
    what: "a row that was erased, and is gone",
    code: "deleted",
    sql: () => [`DELETE FROM audit_events WHERE ${ID}`],
  },
];

describe.each(STORES)("on %s", (name) => {
  describe(...on(name, "an erasure"), () => {
    let places: StorePlaces;
    beforeAll(async () => {
      places = await placesFor(name);
    });
    afterAll(() => places?.[Symbol.asyncDispose]());

    it("leaves a clean store, and an export that an auditor verifies", async () => {
      const place = await places.make();
      const { storage, sealer } = await storeWithSecret(place);
      await erase(storage, sealer);
      await sealer.sealOnce();
      const found = await verifyStore(storage, { keys: [VERIFIER] });
      expect(found).toMatchObject({ events: EVENTS, erased: 1, uncompared: 0, findings: [] });
      const folder = mkdtempSync(join(tmpdir(), "aasm-erasures-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      await exportStore(storage, { folder: join(folder, "export") });
      const report = await verifyExport(join(folder, "export"), { keys: [VERIFIER] });
      expect(report).toMatchObject({ events: EVENTS, erased: 1, findings: [], isComplete: true });
      await storage.close();
    });

    it.each(MUTATIONS)("is compared with what is there; finds $code, and nothing else: $what", async ({ code, sql }) => {
      const place = await places.make();
      const { storage, sealer } = await storeWithSecret(place);
      const nodes = (await storage.evidenceSupport?.seeds(1, { from: 0, limit: 1 })) ?? [];
      const seeds = nodes.map(({ depth, path, node }) => ({ depth, path, node: Uint8Array.from(node) }));
      const payload = JSON.stringify(event(NUMBER).payload);
      await erase(storage, sealer);
      await storage.close();
      for (const statement of sql(place, { seeds, payload })) await place.raw(statement);
      await using changed = await place.open();
      const { findings } = await verifyStore(changed, { keys: [VERIFIER] });
      expect(findings.map((finding) => finding.code)).toEqual([code]);
      if (code !== "seal_damaged") expect(findings[0]?.leaf).toBeGreaterThanOrEqual(LEAF);
    });

    it("is found where no statement names it", async () => {
      const { storage, sealer } = await storeWithSecret(await places.make());
      await erase(storage, { ...sealer, sealOnce: (options) => sealer.sealOnce(options), appendStatement: async () => 0 });
      const { findings, erased } = await verifyStore(storage, { keys: [VERIFIER] });
      expect(erased).toBe(1);
      expect(findings).toEqual([
        {
          code: "erased_without_record",
          leaf: LEAF,
          seq: expect.any(Number),
          eventId: event(NUMBER).eventId,
          detail: "parts 2, 4 of the event are gone, and no statement says so",
        },
      ]);
      await storage.close();
    });

    it("stays clean beside erasures that are at work", async () => {
      const { storage, sealer } = await storeWithSecret(await places.make());
      const evidence = erasureEvidence(storage, { sealer });
      let isOver = false;
      const erasing = (async () => {
        for (let session = 0; session < 7; session++) {
          const request = { ...REQUEST, filter: { sessionId: `session-${session}` }, request: `R${session}` };
          await storage.erase(request, { evidence });
        }
        isOver = true;
      })();
      while (!isOver) expect((await verifyStore(storage, { keys: [VERIFIER] })).findings).toEqual([]);
      await erasing;
      const found = await verifyStore(storage, { keys: [VERIFIER] });
      expect(found).toMatchObject({ erased: EVENTS, findings: [] });
      await storage.close();
    });
  });
});

describe(...on("sqlite", "the files of a sealed store"), () => {
  it("hold neither the value nor the seed of its leaf", async () => {
    await using places = await placesFor("sqlite");
    const place = await places.make();
    const { path } = place.options as { readonly path: string };
    const { storage, sealer } = await storeWithSecret(place);
    const secret = { ...event(9000), payload: { tool: "send_mail", arguments: { to: SECRET } } };
    await storage.audit.append([secret]);
    await sealer.sealOnce();
    const [newest] = (await storage.evidenceSupport?.seeds(1, { from: 2, limit: 1 })) ?? [];
    const seed = Buffer.from(newest?.node as Uint8Array);
    const found = (needle: string | Buffer): string[] =>
      readdirSync(dirname(path)).filter(
        (file) => file.startsWith(basename(path)) && readFileSync(join(dirname(path), file)).includes(needle),
      );
    expect(found(SECRET)).not.toEqual([]);
    expect(found(seed)).not.toEqual([]);
    const request = { ...REQUEST, filter: { payload: { "/arguments/to": SECRET } }, parts: ["payload:/arguments"] };
    const { events, remains } = await storage.erase(request, { evidence: erasureEvidence(storage, { sealer }) });
    expect([events, remains]).toEqual([1, []]);
    expect(found(SECRET)).toEqual([]);
    expect(found(seed)).toEqual([]);
    const report = await verifyStore(storage, { keys: [VERIFIER] });
    expect(report).toMatchObject({ erased: 1, findings: [] });
    await storage.close();
    expect([found(SECRET), found(seed)]).toEqual([[], []]);
  });
});
