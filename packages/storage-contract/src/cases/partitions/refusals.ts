import assert from "node:assert/strict";
import type { AuditEvent, Partition } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, event, NOW, uuid } from "../../support/fixtures.js";

/** A valid event to restore; the same for the same `n`. */
function stored(n: number, members: object = {}): AuditEvent {
  return { ...event(n), recordedAt: new Date(NOW - 5000), dryRun: false, ...members } as AuditEvent;
}

/** What cannot be restored, what the refusal must say of it, and the path it must name. */
const BAD: [unknown, RegExp, string?][] = [
  [null, /event must be an object/],
  [7, /event must be an object/],
  [[], /event must be an object/],
  [stored(2, { ts: new Date(Number.NaN) }), /\bts\b/, "events[1].ts"],
  [stored(2, { ts: NOW }), /\bts\b/, "events[1].ts"],
  [stored(2, { ts: new Date(8.64e15) }), /\bts\b/, "events[1].ts"],
  [stored(2, { recordedAt: undefined }), /recordedAt/, "events[1].recordedAt"],
  [stored(2, { recordedAt: "2026-01-01" }), /recordedAt/, "events[1].recordedAt"],
  [stored(2, { recordedAt: new Date(-8.64e15) }), /recordedAt/, "events[1].recordedAt"],
  [stored(2, { eventId: undefined }), /eventId/, "events[1].eventId"],
  [stored(2, { eventId: "7" }), /eventId/, "events[1].eventId"],
  [stored(2, { agentId: "" }), /agentId/, "events[1].agentId"],
  [stored(2, { agentId: "a\u0000b" }), /agentId/, "events[1].agentId"],
  [stored(2, { agentId: undefined }), /agentId/, "events[1].agentId"],
  [stored(2, { sessionId: "\ud800" }), /sessionId/, "events[1].sessionId"],
  [stored(2, { action: "x".repeat(513) }), /action/, "events[1].action"],
  [stored(2, { decision: 1 }), /decision/, "events[1].decision"],
  [stored(2, { dryRun: undefined }), /dryRun/, "events[1].dryRun"],
  [stored(2, { payload: { at: new Date(0) } }), /payload/, "events[1].payload"],
  [stored(2, { teamid: "t" }), /unknown key "teamid".*Did you mean "teamId"/],
];

/** 1,500 characters of three bytes each, without a pattern that could be compressed away. */
function wideText(): string {
  let seed = 7;
  return Array.from({ length: 1500 }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return String.fromCharCode(0x4e00 + ((seed >>> 11) % 20_000));
  }).join("");
}

/** Invalid arguments, and partitions that no longer exist. */
export const partitionRefusalCases = defineCases([
  {
    id: "partitions.restore.bad-events",
    title: "an event that cannot be stored refuses the call by its position and member, and nothing is inserted",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const { partitions } = backend;
      for (const [bad, message, option = "events[1]"] of BAD) {
        const call = () => partitions.restore([stored(1), bad as AuditEvent, stored(3)]);
        await rejects(call, "invalid_argument", message);
        await rejects(call, "invalid_argument", { option });
      }
      // A hole is no event.
      const sparse = [stored(1)];
      sparse[2] = stored(3);
      await rejects(() => partitions.restore(sparse), "invalid_argument", { option: "events[1]" });
      assert.equal(await backend.audit.count(), 0);
      assert.deepEqual(await harness.readStoredEvents(backend), []);
      assert.equal((await partitions.restore([stored(1), stored(3)])).inserted, 2);
    },
  },
  {
    id: "partitions.restore.upper-case-id",
    title: "an eventId in upper case is the same event",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const lower = stored(0xabc);
      const upper = stored(0xabc, { eventId: uuid(0xabc).toUpperCase() });
      assert.deepEqual(await backend.partitions.restore([upper]), { inserted: 1, duplicates: 0, conflicts: 0 });
      assert.deepEqual(await backend.partitions.restore([lower, upper]), { inserted: 0, duplicates: 2, conflicts: 0 });
      assert.equal((await backend.audit.append([event(0xabc)])).duplicates, 1);
      assert.deepEqual(
        (await harness.readStoredEvents(backend)).map(({ eventId }) => eventId),
        [uuid(0xabc)],
      );
    },
  },
  {
    id: "partitions.restore.whatever-the-limits",
    title: "the limits on new events do not keep old or large ones from being put back",
    async run({ storage }) {
      const limits = { maxAgeMs: 1000, maxSkewMs: 1000, maxPayloadBytes: 10 };
      const backend = await storage({ clock: () => NOW, limits });
      const old = stored(1, { ts: new Date(NOW - 400 * 86_400_000), payload: { text: "x".repeat(1000) } });
      assert.equal((await backend.audit.append([event(1, { ts: old.ts })])).rejected[0]?.code, "out_of_range");
      assert.deepEqual(await backend.partitions.restore([old]), { inserted: 1, duplicates: 0, conflicts: 0 });
      assert.deepEqual(await collect(backend.audit.stream()), [old]);
    },
  },
  {
    id: "partitions.read.unknown-option",
    title: "an unknown option is refused, as is a filter outside a selection",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(1)]);
      const [partition] = await backend.partitions.list("audit");
      for (const options of [{ signl: undefined }, { agentId: "agent-1" }, { order: "newest" }]) {
        const read = () => collect(backend.partitions.read(partition as Partition, options as object));
        await rejects(read, "invalid_argument", /unknown key/);
      }
      await rejects(
        () => collect(backend.partitions.read(partition as Partition, null as never)),
        "invalid_argument",
        /options/,
      );
    },
  },
  {
    id: "partitions.list.vanished",
    title:
      "a partition that is gone is an empty one: nothing to read, 0 rows to drop, a conflict if rows were expected",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(1), event(2)]);
      const [partition] = await backend.partitions.list("audit");
      assert.ok(partition !== undefined);
      await backend.partitions.drop(partition, { expect: { rows: 2 } });
      assert.deepEqual(await backend.partitions.list("audit"), []);
      assert.deepEqual(await collect(backend.partitions.read(partition)), []);
      assert.deepEqual(await backend.partitions.drop(partition, { expect: { rows: 0 } }), { rows: 0 });
      await rejects(() => backend.partitions.drop(partition, { expect: { rows: 2 } }), "conflict", /rows/);
    },
  },
  {
    id: "partitions.list.bytes",
    title: "the size of a partition is counted in bytes, not in characters",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const payload = wideText();
      await backend.audit.append(Array.from({ length: 20 }, (_, n) => event(n, { payload })));
      const [partition] = await backend.partitions.list("audit");
      // Half of it, for stores that compress.
      const least = (20 * Buffer.byteLength(payload)) / 2;
      assert.ok((partition?.bytes ?? 0) >= least, `${partition?.bytes} bytes for at least ${least}`);
    },
  },
]);
