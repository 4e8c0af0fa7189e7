import assert from "node:assert/strict";
import type { AuditEvent, NewAuditEvent, Segment, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, event, NOW } from "../../support/fixtures.js";
import { tierArchiveCases } from "./archives.js";
import { tierHoldCases } from "./holds.js";
import { tierLeaseCases } from "./leases.js";
import { tierDoorCases } from "./refusals.js";
import { tierRunCases } from "./runs.js";
import { tierPartCases } from "./slices.js";

const DAY = 86_400_000;
/** Midnights of days that are far apart and of neighbouring ones, with both edges of the day. */
const DAYS = [-400, -31, -30, -2, -1].map((n) => Math.floor(NOW / DAY) * DAY + n * DAY);

/** Four events per day: at its first and last millisecond and two at one instant in between. */
function daily(): NewAuditEvent[] {
  return DAYS.flatMap((start, day) =>
    [0, 1000, 1000, DAY - 1].map((offset, n) =>
      event(day * 10 + n, { ts: new Date(start + offset), payload: { day, n } }),
    ),
  );
}

async function filled(backend: StorageBackend): Promise<{ all: AuditEvent[]; segments: Segment[] }> {
  await backend.audit.append(daily().toReversed());
  const all = await collect(backend.audit.stream());
  assert.equal(all.length, DAYS.length * 4);
  return { all, segments: await backend.tiers.segments("audit") };
}

function inside({ from, to }: Segment, all: readonly AuditEvent[]): AuditEvent[] {
  return all.filter(({ ts }) => ts >= from && ts < to);
}

/** The segment with the oldest events. */
function oldest(segments: readonly Segment[]): Segment {
  return segments[0] ?? assert.fail("there is no segment");
}

export const tierCases = defineCases([
  {
    id: "tiers.segments.partition-the-log",
    title: "segments are in order, do not overlap, and hold each event exactly once",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      assert.deepEqual(await backend.tiers.segments("audit"), []);
      const { all, segments } = await filled(backend);
      assert.ok(segments.length >= 2, "events 400 days apart lie in one segment");
      assert.equal(new Set(segments.map(({ id }) => id)).size, segments.length);
      let end = Number.NEGATIVE_INFINITY;
      for (const segment of segments) {
        assert.equal(segment.dataset, "audit");
        assert.equal(segment.tier, "hot");
        assert.ok(segment.from.getTime() >= end, `${segment.id} overlaps the one before`);
        assert.ok(segment.to > segment.from);
        assert.equal(segment.rows, inside(segment, all).length, segment.id);
        assert.ok(segment.bytes >= 0);
        end = segment.to.getTime();
      }
      assert.equal(
        segments.reduce((sum, { rows }) => sum + rows, 0),
        all.length,
      );
      assert.deepEqual(await backend.tiers.segments("audit"), segments);
    },
  },
  {
    id: "tiers.segments.bad-dataset",
    title: "an unknown dataset is refused, and metrics are a known one",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      await rejects(() => tiers.segments("events" as never), "invalid_argument", /dataset/);
      assert.deepEqual(await tiers.segments("metrics"), []);
    },
  },
  {
    id: "tiers.read.exactly-the-segment",
    title: "reading gives the segment's events and no others, oldest first, with every member",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { all, segments } = await filled(backend);
      for (const segment of segments) {
        assert.deepEqual(await collect(backend.tiers.read(segment)), inside(segment, all), segment.id);
      }
    },
  },
  {
    id: "tiers.read.abort",
    title: "an aborted read ends with the reason of the signal",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { segments } = await filled(backend);
      const controller = new AbortController();
      controller.abort();
      await assert.rejects(collect(backend.tiers.read(oldest(segments), { signal: controller.signal })), {
        name: "AbortError",
      });
    },
  },
  {
    id: "tiers.drop.exactly-the-segment",
    title: "dropping with the right expectation removes the segment's events and no others",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const { all, segments } = await filled(backend);
      const segment = oldest(segments);
      assert.deepEqual(await backend.tiers.drop(segment, { expect: { rows: segment.rows } }), { rows: segment.rows });
      const gone = new Set(inside(segment, all));
      assert.deepEqual(
        await collect(backend.audit.stream()),
        all.filter((one) => !gone.has(one)),
      );
      assert.equal((await harness.readStoredEvents(backend)).length, all.length - segment.rows);
      assert.deepEqual(
        (await backend.tiers.segments("audit")).map(({ id }) => id),
        segments.slice(1).map(({ id }) => id),
      );
    },
  },
  {
    id: "tiers.drop.wrong-expectation",
    title: "dropping a segment that holds another number of rows is a conflict and removes nothing",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const { segments } = await filled(backend);
      const segment = oldest(segments);
      const before = await harness.readStoredEvents(backend);
      for (const rows of [0, segment.rows - 1, segment.rows + 1]) {
        await rejects(() => backend.tiers.drop(segment, { expect: { rows } }), "conflict", /rows/);
      }
      await rejects(() => backend.tiers.drop(segment, {} as never), "invalid_argument", /expect/);
      await rejects(() => backend.tiers.drop({} as never, { expect: { rows: 4 } }), "invalid_argument", /segment/);
      assert.deepEqual(await harness.readStoredEvents(backend), before);
      const late = event(999, { ts: new Date(segment.from.getTime() + 5) });
      await backend.audit.append([late]);
      await rejects(() => backend.tiers.drop(segment, { expect: { rows: segment.rows } }), "conflict");
      assert.equal((await harness.readStoredEvents(backend)).length, before.length + 1);
    },
  },
  {
    id: "tiers.insert.restores",
    title: "what was read and dropped goes back as it was, recordedAt included, and again without effect",
    async run({ harness, storage }) {
      let now = NOW;
      const backend = await storage({ ...ANY_TIME, clock: () => now });
      const { all, segments } = await filled(backend);
      const before = await harness.readStoredEvents(backend);
      const segment = oldest(segments);
      const events = await collect(backend.tiers.read(segment));
      await backend.tiers.drop(segment, { expect: { rows: segment.rows } });
      now += 5 * DAY;
      const { rows } = segment;
      assert.deepEqual(await backend.tiers.insert(events), { inserted: rows, duplicates: 0, conflicts: 0 });
      assert.deepEqual(await backend.tiers.insert(events), { inserted: 0, duplicates: rows, conflicts: 0 });
      assert.deepEqual(await collect(backend.audit.stream()), all);
      assert.deepEqual(await harness.readStoredEvents(backend), before);
    },
  },
  {
    id: "tiers.insert.conflicts",
    title: "an event whose key holds other content is counted as a conflict and the stored one stays",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const { all } = await filled(backend);
      const before = await harness.readStoredEvents(backend);
      const [one, two] = all as [AuditEvent, AuditEvent];
      const result = await backend.tiers.insert([{ ...one, decision: "deny" }, two]);
      assert.deepEqual(result, { inserted: 0, duplicates: 1, conflicts: 1 });
      assert.deepEqual(await harness.readStoredEvents(backend), before);
      assert.deepEqual(await backend.tiers.insert([]), { inserted: 0, duplicates: 0, conflicts: 0 });
      await rejects(() => backend.tiers.insert("x" as never), "invalid_argument", /array/);
    },
  },
  {
    id: "tiers.compress.keeps-events",
    title: "a compressed segment is warm, holds the same events, and still takes redeliveries and drops",
    requires: "compression",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { all, segments } = await filled(backend);
      const segment = oldest(segments);
      const compressed = await backend.tiers.compress(segment);
      assert.equal(compressed.tier, "warm");
      assert.equal(compressed.rows, segment.rows);
      assert.deepEqual([compressed.from, compressed.to], [segment.from, segment.to]);
      const [listed] = await backend.tiers.segments("audit");
      assert.equal(listed?.tier, "warm");
      assert.deepEqual(await collect(backend.tiers.read(compressed)), inside(segment, all));
      assert.deepEqual(await collect(backend.audit.stream()), all);
      assert.deepEqual(await backend.audit.append(daily()), { inserted: 0, duplicates: all.length, rejected: [] });
      const [now] = await backend.tiers.segments("audit");
      const { rows } = await backend.tiers.drop(now ?? assert.fail(), { expect: { rows: segment.rows } });
      assert.equal(rows, segment.rows);
      await rejects(() => backend.tiers.compress(compressed), "not_found");
    },
    async refusal({ storage }) {
      const backend = await storage(ANY_TIME);
      const { all, segments } = await filled(backend);
      await rejects(() => backend.tiers.compress(oldest(segments)), "unsupported");
      assert.deepEqual(await collect(backend.audit.stream()), all);
      assert.deepEqual(await backend.tiers.segments("audit"), segments);
    },
  },
  ...tierPartCases,
  ...tierDoorCases,
  ...tierLeaseCases,
  ...tierRunCases,
  ...tierHoldCases,
  ...tierArchiveCases,
]);
