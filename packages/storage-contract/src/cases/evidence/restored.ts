import assert from "node:assert/strict";
import type { AuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import type { RestoredEvidence } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { event, events, uuid } from "../../support/fixtures.js";
import { evidenceCase, NEW_LOG, readAll } from "./support.js";

const ALL = { from: 0, limit: 100 };
const FROM = { log: 1, archive: "archive-1", manifest: Buffer.alloc(32, 1).toString("base64") };

/** Appends events and drops them again. @returns them as they were stored */
async function dropped({ audit, partitions }: StorageBackend, count: number): Promise<AuditEvent[]> {
  await audit.append(events(count));
  const stored = await collect(audit.stream({}, { order: "oldest" }));
  await dropAll({ partitions });
  return stored;
}

async function dropAll({ partitions }: Pick<StorageBackend, "partitions">): Promise<void> {
  for (const partition of await partitions.list("audit")) {
    await partitions.drop(partition, { expect: { rows: partition.rows } });
  }
}

const idsOf = (rows: readonly { readonly event: { readonly eventId: string } }[]): string[] =>
  rows.map(({ event }) => event.eventId).toSorted();

export const evidenceRestoredCases = defineCases([
  evidenceCase(
    "evidence.restored.keep-leaves",
    "restored events that have a leaf are told apart from those to seal, and passed as they are",
    async (backend, evidence) => {
      await evidence.begin(NEW_LOG);
      const stored = await dropped(backend, 4);
      const { position } = await readAll(evidence);
      const leaves = [7, null, 3, 900];
      assert.deepEqual(await backend.partitions.restore(stored, { evidence: { ...FROM, leaves } }), {
        inserted: 4,
        duplicates: 0,
        conflicts: 0,
      });
      await backend.audit.append([event(9)]);
      const slice = await evidence.next(position, 100);
      assert.deepEqual(idsOf(slice.events), [uuid(1), uuid(9)]);
      assert.deepEqual(idsOf(slice.restored), [uuid(0), uuid(2), uuid(3)]);
      const numbers = new Map<string, number>();
      for (const { event: row, seq, leaf, log, archive, manifest } of slice.restored) {
        numbers.set(row.eventId, seq);
        assert.deepEqual({ log, archive, manifest }, FROM);
        assert.equal(leaf, leaves[stored.findIndex(({ eventId }) => eventId === row.eventId)]);
      }
      assert.equal(slice.more, false);
      const behind = await evidence.next(slice.position, 100);
      assert.deepEqual([behind.events, behind.restored], [[], []]);
      const { archive, manifest } = FROM;
      const expected = [
        { leaf: 3, seq: numbers.get(uuid(2)), archive, manifest },
        { leaf: 7, seq: numbers.get(uuid(0)), archive, manifest },
        { leaf: 900, seq: numbers.get(uuid(3)), archive, manifest },
      ];
      assert.deepEqual(await evidence.moved(1, ALL), expected);
      assert.deepEqual(await evidence.moved(1, { from: 4, limit: 1 }), expected.slice(1, 2));
      assert.deepEqual(await evidence.moved(2, ALL), []);
    },
  ),
  evidenceCase(
    "evidence.restored.few-at-a-time",
    "restored events count to the limit of a slice, and none is left out between slices",
    async (backend, evidence) => {
      await evidence.begin(NEW_LOG);
      const stored = await dropped(backend, 7);
      let { position } = await readAll(evidence);
      const leaves = stored.map((_, at) => (at % 3 === 2 ? null : at));
      await backend.partitions.restore(stored, { evidence: { ...FROM, leaves } });
      const found: string[] = [];
      for (let more = true; more; ) {
        const slice = await evidence.next(position, 2);
        const rows = [...slice.events, ...slice.restored];
        assert.ok(rows.length <= 2);
        found.push(...idsOf(rows));
        ({ position, more } = slice);
      }
      assert.deepEqual(found.toSorted(), [0, 1, 2, 3, 4, 5, 6].map(uuid));
    },
  ),
  evidenceCase(
    "evidence.restored.newest-row",
    "of rows that were restored one after another, the newest stands for the leaf; one that was there already changes nothing",
    async (backend, evidence) => {
      await evidence.begin(NEW_LOG);
      const stored = await dropped(backend, 2);
      const again = { evidence: { ...FROM, leaves: [5, 6] } };
      await backend.partitions.restore(stored, again);
      const before = await evidence.moved(1, ALL);
      await backend.partitions.restore(stored, { evidence: { ...FROM, archive: "archive-2", leaves: [8, 9] } });
      assert.deepEqual(await evidence.moved(1, ALL), before);
      await dropAll(backend);
      await backend.partitions.restore(stored, { evidence: { ...FROM, archive: "archive-3", leaves: [5, 6] } });
      const after = await evidence.moved(1, ALL);
      assert.deepEqual(
        after.map(({ leaf, archive }) => ({ leaf, archive })),
        [5, 6].map((leaf) => ({ leaf, archive: "archive-3" })),
      );
      const rows = await evidence.rows(after.map(({ seq }) => seq));
      assert.deepEqual(idsOf(rows), [uuid(0), uuid(1)]);
      for (const { seq } of before) assert.ok(!after.some((move) => move.seq === seq));
      await dropAll(backend);
      await backend.partitions.restore(stored);
      assert.deepEqual(await evidence.moved(1, ALL), after);
    },
  ),
  evidenceCase(
    "evidence.restored.bad-input",
    "leaves that are not one for each event, or one for two of them, are refused, and nothing is stored",
    async (backend, evidence) => {
      await evidence.begin(NEW_LOG);
      const stored = await dropped(backend, 2);
      const bad: readonly (readonly [unknown, string])[] = [
        [{ ...FROM, leaves: [1] }, "options.evidence.leaves"],
        [{ ...FROM, leaves: [1, 1] }, "options.evidence.leaves[1]"],
        [{ ...FROM, leaves: [1, -2] }, "options.evidence.leaves[1]"],
        [{ ...FROM, leaves: [1, 2.5] }, "options.evidence.leaves[1]"],
        [{ ...FROM, log: 0, leaves: [1, 2] }, "options.evidence.log"],
        [{ ...FROM, archive: "", leaves: [1, 2] }, "options.evidence.archive"],
        [7, "options.evidence"],
      ];
      for (const [given, option] of bad) {
        await rejects(
          backend.partitions.restore(stored, { evidence: given as RestoredEvidence }),
          "invalid_argument",
          { option },
        );
      }
      await rejects(evidence.moved(1, { from: 0, limit: 0 }), "invalid_argument");
      assert.equal(await backend.audit.count(), 0);
      assert.deepEqual(await evidence.moved(1, ALL), []);
    },
  ),
]);
