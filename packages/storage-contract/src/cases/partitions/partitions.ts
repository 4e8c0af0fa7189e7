import assert from "node:assert/strict";
import type { AuditEvent, NewAuditEvent, Partition, StorageBackend } from "@agent-assembly/storage-core";
import { rowProblem, toAuditEvent } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, event, NOW } from "../../support/fixtures.js";
import { archiveCases } from "../retention/archives.js";
import { holdCases } from "../retention/holds.js";
import { leaseCases } from "../retention/leases.js";
import { runCases } from "../retention/runs.js";
import { measureAllCases } from "./measure-all.js";
import { partitionRefusalCases } from "./refusals.js";
import { sliceCases } from "./slices.js";

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

async function filled(backend: StorageBackend): Promise<{ all: AuditEvent[]; partitions: Partition[] }> {
  await backend.audit.append(daily().toReversed());
  const all = await collect(backend.audit.stream());
  assert.equal(all.length, DAYS.length * 4);
  return { all, partitions: await backend.partitions.list("audit") };
}

function inside({ from, to }: Partition, all: readonly AuditEvent[]): AuditEvent[] {
  return all.filter(({ ts }) => ts >= from && ts < to);
}

/** The partition with the oldest events. */
function oldest(partitions: readonly Partition[]): Partition {
  return partitions[0] ?? assert.fail("there is no partition");
}

export const partitionCases = defineCases([
  {
    id: "partitions.list.partition-the-log",
    title: "partitions are in order, do not overlap, and hold each event exactly once",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      assert.deepEqual(await backend.partitions.list("audit"), []);
      const { all, partitions } = await filled(backend);
      assert.ok(partitions.length >= 2, "events 400 days apart lie in one partition");
      assert.equal(new Set(partitions.map(({ id }) => id)).size, partitions.length);
      let end = Number.NEGATIVE_INFINITY;
      for (const partition of partitions) {
        assert.equal(partition.dataset, "audit");
        assert.equal(partition.tier, "hot");
        assert.ok(partition.from.getTime() >= end, `${partition.id} overlaps the one before`);
        assert.ok(partition.to > partition.from);
        assert.equal(partition.rows, inside(partition, all).length, partition.id);
        assert.ok(partition.bytes >= 0);
        end = partition.to.getTime();
      }
      assert.equal(
        partitions.reduce((sum, { rows }) => sum + rows, 0),
        all.length,
      );
      assert.deepEqual(await backend.partitions.list("audit"), partitions);
    },
  },
  {
    id: "partitions.list.bad-dataset",
    title: "an unknown dataset is refused, and metrics are a known one",
    async run({ storage }) {
      const { partitions } = await storage(ANY_TIME);
      await rejects(() => partitions.list("events" as never), "invalid_argument", /dataset/);
      assert.deepEqual(await partitions.list("metrics"), []);
    },
  },
  {
    id: "partitions.read.exactly-the-partition",
    title: "reading gives the partition's events and no others, oldest first, with every member",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { all, partitions } = await filled(backend);
      for (const partition of partitions) {
        assert.deepEqual(await collect(backend.partitions.read(partition)), inside(partition, all), partition.id);
      }
    },
  },
  {
    id: "partitions.read.abort",
    title: "an aborted read ends with the reason of the signal",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { partitions } = await filled(backend);
      const controller = new AbortController();
      controller.abort();
      await assert.rejects(collect(backend.partitions.read(oldest(partitions), { signal: controller.signal })), {
        name: "AbortError",
      });
    },
  },
  {
    id: "retention.read-rows.as-read",
    title: "rows are those of the events that reading gives, of a slice too, and an aborted read of them ends",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { partitions } = await filled(backend);
      const { retentionSupport } = backend;
      for (const partition of partitions) {
        const { asOf } = await backend.partitions.measure(partition);
        for (const slice of [{}, { asOf, selection: { except: [{ payload: { "/n": 1 } }] } }]) {
          const rows = (await collect(retentionSupport.readRows(partition, slice))).flat();
          for (const row of rows) assert.equal(rowProblem(row), undefined);
          assert.deepEqual(rows.map(toAuditEvent), await collect(backend.partitions.read(partition, slice)));
        }
      }
      const signal = AbortSignal.abort();
      await assert.rejects(collect(retentionSupport.readRows(oldest(partitions), { signal })), { name: "AbortError" });
      const metrics = { ...oldest(partitions), dataset: "metrics" } as const;
      await rejects(() => collect(retentionSupport.readRows(metrics)), "unsupported", /metric/);
    },
  },
  {
    id: "partitions.drop.exactly-the-partition",
    title: "dropping with the right expectation removes the partition's events and no others",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const { all, partitions } = await filled(backend);
      const partition = oldest(partitions);
      assert.deepEqual(await backend.partitions.drop(partition, { expect: { rows: partition.rows } }), {
        rows: partition.rows,
      });
      const gone = new Set(inside(partition, all));
      assert.deepEqual(
        await collect(backend.audit.stream()),
        all.filter((one) => !gone.has(one)),
      );
      assert.equal((await harness.readStoredEvents(backend)).length, all.length - partition.rows);
      assert.deepEqual(
        (await backend.partitions.list("audit")).map(({ id }) => id),
        partitions.slice(1).map(({ id }) => id),
      );
    },
  },
  {
    id: "partitions.drop.wrong-expectation",
    title: "dropping a partition that holds another number of rows is a conflict and removes nothing",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const { partitions } = await filled(backend);
      const partition = oldest(partitions);
      const before = await harness.readStoredEvents(backend);
      for (const rows of [0, partition.rows - 1, partition.rows + 1]) {
        await rejects(() => backend.partitions.drop(partition, { expect: { rows } }), "conflict", /rows/);
      }
      await rejects(() => backend.partitions.drop(partition, {} as never), "invalid_argument", /expect/);
      await rejects(
        () => backend.partitions.drop({} as never, { expect: { rows: 4 } }),
        "invalid_argument",
        /partition/,
      );
      assert.deepEqual(await harness.readStoredEvents(backend), before);
      const late = event(999, { ts: new Date(partition.from.getTime() + 5) });
      await backend.audit.append([late]);
      await rejects(() => backend.partitions.drop(partition, { expect: { rows: partition.rows } }), "conflict");
      assert.equal((await harness.readStoredEvents(backend)).length, before.length + 1);
    },
  },
  {
    id: "partitions.restore.restores",
    title: "what was read and dropped goes back as it was, recordedAt included, and again without effect",
    async run({ harness, storage }) {
      let now = NOW;
      const backend = await storage({ ...ANY_TIME, clock: () => now });
      const { all, partitions } = await filled(backend);
      const before = await harness.readStoredEvents(backend);
      const partition = oldest(partitions);
      const events = await collect(backend.partitions.read(partition));
      await backend.partitions.drop(partition, { expect: { rows: partition.rows } });
      now += 5 * DAY;
      const { rows } = partition;
      assert.deepEqual(await backend.partitions.restore(events), { inserted: rows, duplicates: 0, conflicts: 0 });
      assert.deepEqual(await backend.partitions.restore(events), { inserted: 0, duplicates: rows, conflicts: 0 });
      assert.deepEqual(await collect(backend.audit.stream()), all);
      assert.deepEqual(await harness.readStoredEvents(backend), before);
    },
  },
  {
    id: "partitions.restore.conflicts",
    title: "an event whose key holds other content is counted as a conflict and the stored one stays",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const { all } = await filled(backend);
      const before = await harness.readStoredEvents(backend);
      const [one, two] = all as [AuditEvent, AuditEvent];
      const result = await backend.partitions.restore([{ ...one, decision: "deny" }, two]);
      assert.deepEqual(result, { inserted: 0, duplicates: 1, conflicts: 1 });
      assert.deepEqual(await harness.readStoredEvents(backend), before);
      assert.deepEqual(await backend.partitions.restore([]), { inserted: 0, duplicates: 0, conflicts: 0 });
      await rejects(() => backend.partitions.restore("x" as never), "invalid_argument", /array/);
    },
  },
  {
    id: "partitions.compress.keeps-events",
    title: "a compressed partition is warm, holds the same events, and still takes redeliveries and drops",
    requires: "compression",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { all, partitions } = await filled(backend);
      const partition = oldest(partitions);
      const compressed = await backend.partitions.compress(partition);
      assert.equal(compressed.tier, "warm");
      assert.equal(compressed.rows, partition.rows);
      assert.deepEqual([compressed.from, compressed.to], [partition.from, partition.to]);
      const [listed] = await backend.partitions.list("audit");
      assert.equal(listed?.tier, "warm");
      assert.deepEqual(await collect(backend.partitions.read(compressed)), inside(partition, all));
      assert.deepEqual(await collect(backend.audit.stream()), all);
      assert.deepEqual(await backend.audit.append(daily()), { inserted: 0, duplicates: all.length, rejected: [] });
      const [now] = await backend.partitions.list("audit");
      const { rows } = await backend.partitions.drop(now ?? assert.fail(), { expect: { rows: partition.rows } });
      assert.equal(rows, partition.rows);
      await rejects(() => backend.partitions.compress(compressed), "not_found");
    },
    async refusal({ storage }) {
      const backend = await storage(ANY_TIME);
      const { all, partitions } = await filled(backend);
      await rejects(() => backend.partitions.compress(oldest(partitions)), "unsupported");
      assert.deepEqual(await collect(backend.audit.stream()), all);
      assert.deepEqual(await backend.partitions.list("audit"), partitions);
    },
  },
  ...sliceCases,
  ...measureAllCases,
  ...partitionRefusalCases,
  ...leaseCases,
  ...runCases,
  ...holdCases,
  ...archiveCases,
]);
