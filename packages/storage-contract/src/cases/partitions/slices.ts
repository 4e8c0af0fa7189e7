import assert from "node:assert/strict";
import type { AuditEvent, Partition, StorageBackend } from "@agent-assembly/storage-core";
import type { Selection } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, event, events } from "../../support/fixtures.js";
import { metricSliceCases } from "./metric-slices.js";
import { sliceRefusalCases } from "./slice-refusals.js";

/** Events that differ in what they have and what they lack. */
const MIXED = [
  event(0, { agentId: "a", teamId: "red", action: "tool_call", payload: { tool: "search", v: 1 } }),
  event(1, { agentId: "a", payload: { v: "1" } }),
  event(2, { agentId: "b", teamId: "blue", decision: "deny", matchedRuleId: "r1", sessionId: "s" }),
  event(3, { agentId: "b", dryRun: true, shadowDecision: "deny", payload: null }),
  event(4, { agentId: "c", teamId: "red", decision: "deny", traceId: "t", orgId: "o", payload: [1] }),
  event(5, { agentId: "c", action: "message", dryRun: true, payload: { tool: "fetch", v: 1 } }),
];

/** A selection, and which of the mixed events it means. */
const SELECTIONS: [Selection, number[]][] = [
  [{}, [0, 1, 2, 3, 4, 5]],
  [{ only: [{}] }, [0, 1, 2, 3, 4, 5]],
  [{ only: [] }, []],
  [{ except: [] }, [0, 1, 2, 3, 4, 5]],
  [{ except: [{}] }, []],
  [{ only: [{ agentId: "a" }] }, [0, 1]],
  [{ only: [{ agentId: "a" }, { teamId: ["red", "green"] }] }, [0, 1, 4]],
  [{ only: [{ agentId: "a", decision: "deny" }] }, []],
  [{ only: [{ agentId: [] }, { action: "message" }] }, [5]],
  [{ except: [{ agentId: "a" }, { decision: "deny", teamId: "blue" }] }, [3, 4, 5]],
  [{ only: [{ agentId: ["b", "c"] }], except: [{ dryRun: true }] }, [2, 4]],
  [{ except: [{ dryRun: false, payload: { "/v": 1 } }] }, [1, 2, 3, 4, 5]],
  [{ only: [{ payload: { "/v": 1 } }, { tool: "fetch" }] }, [0, 5]],
  [{ only: [{ from: MIXED[1]?.ts, to: MIXED[3]?.ts }], except: [{ from: MIXED[2]?.ts }] }, [1]],
  [{ only: [{ eventId: [MIXED[2]?.eventId as string, MIXED[4]?.eventId as string] }] }, [2, 4]],
  [{ only: [{ agentId: "a" }, { agentId: "a", teamId: "red" }, { agentId: "a" }] }, [0, 1]],
];

/** Filters whose member most of the mixed events lack, and which of them it keeps as an exception. */
const LACKING: [NonNullable<Selection["except"]>[number], number[]][] = [
  [{ teamId: "red" }, [1, 2, 3, 5]],
  [{ teamId: ["red", "blue"] }, [1, 3, 5]],
  [{ orgId: "o" }, [0, 1, 2, 3, 5]],
  [{ sessionId: "s" }, [0, 1, 3, 4, 5]],
  [{ traceId: "t" }, [0, 1, 2, 3, 5]],
  [{ shadowDecision: "deny" }, [0, 1, 2, 4, 5]],
  [{ matchedRuleId: "r1" }, [0, 1, 3, 4, 5]],
  [{ tool: "search" }, [1, 2, 3, 4, 5]],
  [{ payload: { "/v": 1 } }, [1, 2, 3, 4]],
  [{ teamId: "red", tool: "search" }, [1, 2, 3, 4, 5]],
];

/** The store's only partition. */
export async function onlyPartition(backend: StorageBackend): Promise<Partition> {
  const [partition, ...more] = await backend.partitions.list("audit");
  assert.equal(more.length, 0);
  return partition ?? assert.fail("there is no partition");
}

async function mixed(backend: StorageBackend): Promise<{ all: AuditEvent[]; partition: Partition }> {
  await backend.audit.append(MIXED);
  return { all: await collect(backend.audit.stream()), partition: await onlyPartition(backend) };
}

function pick(all: readonly AuditEvent[], wanted: readonly number[]): AuditEvent[] {
  return all.filter((_, n) => wanted.includes(n));
}

/** Measure, read and drop on parts of a partition. */
export const sliceCases = defineCases([
  {
    id: "partitions.measure.whole",
    title: "a partition is measured with as many rows as it holds, and a vanished one with none",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { partition } = await mixed(backend);
      const whole = await backend.partitions.measure(partition);
      assert.equal(whole.rows, MIXED.length);
      assert.ok(whole.bytes > 0);
      assert.equal(typeof whole.asOf, "string");
      assert.deepEqual(Object.keys(whole).toSorted(), ["asOf", "bytes", "rows"]);
      assert.equal((await backend.partitions.measure(partition, {})).rows, MIXED.length);
      await backend.partitions.drop(partition, { expect: { rows: MIXED.length } });
      const { rows, bytes, asOf } = await backend.partitions.measure(partition);
      assert.deepEqual({ rows, bytes }, { rows: 0, bytes: 0 });
      assert.deepEqual(await backend.partitions.measure(partition, { asOf }), { rows, bytes, asOf });
    },
  },
  {
    id: "partitions.slices.selections",
    title: "measure counts and read gives exactly the events that match one of only and none of except",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { all, partition } = await mixed(backend);
      for (const [selection, wanted] of SELECTIONS) {
        const measured = await backend.partitions.measure(partition, { selection });
        assert.equal(measured.rows, wanted.length, JSON.stringify(selection));
        assert.equal(measured.bytes > 0, wanted.length > 0, JSON.stringify(selection));
        const read = await collect(backend.partitions.read(partition, { selection }));
        assert.deepEqual(read, pick(all, wanted), JSON.stringify(selection));
      }
    },
  },
  {
    id: "partitions.slices.lacking-members",
    title: "an exception leaves out what matches it, and never an event for lacking the member it asks for",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { all, partition } = await mixed(backend);
      for (const [filter, wanted] of LACKING) {
        const selection = { except: [filter] };
        assert.equal(
          (await backend.partitions.measure(partition, { selection })).rows,
          wanted.length,
          JSON.stringify(filter),
        );
        assert.deepEqual(await collect(backend.partitions.read(partition, { selection })), pick(all, wanted));
        const expect = { rows: wanted.length };
        assert.deepEqual(
          await backend.partitions.drop(partition, { selection, expect }),
          expect,
          JSON.stringify(filter),
        );
        const left = all.filter((_, n) => !wanted.includes(n));
        assert.deepEqual(await collect(backend.audit.stream()), left, JSON.stringify(filter));
        assert.equal((await backend.partitions.restore(pick(all, wanted))).inserted, wanted.length);
      }
    },
  },
  {
    id: "partitions.slices.within-the-partition",
    title: "a selection reaches no event outside the partition",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const old = event(9, { agentId: "a", ts: new Date(Date.UTC(2025, 0, 1)) });
      await backend.audit.append([...MIXED, old]);
      const [, partition] = await backend.partitions.list("audit");
      assert.ok(partition !== undefined);
      const selection = { only: [{ agentId: "a" }, { from: old.ts }] };
      assert.equal((await backend.partitions.measure(partition, { selection })).rows, MIXED.length);
      assert.equal((await collect(backend.partitions.read(partition, { selection }))).length, MIXED.length);
      await backend.partitions.drop(partition, { selection, expect: { rows: MIXED.length } });
      assert.deepEqual(
        (await collect(backend.audit.stream())).map(({ eventId }) => eventId),
        [old.eventId],
      );
    },
  },
  {
    id: "partitions.slices.drop",
    title: "dropping a part removes its events and no others",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const { all, partition } = await mixed(backend);
      const before = await harness.readStoredEvents(backend);
      for (const [selection, wanted] of SELECTIONS) {
        const { rows } = await backend.partitions.drop(partition, { selection, expect: { rows: wanted.length } });
        assert.equal(rows, wanted.length, JSON.stringify(selection));
        const left = before.filter((_, n) => !wanted.includes(n));
        assert.deepEqual(await harness.readStoredEvents(backend), left, JSON.stringify(selection));
        await backend.partitions.restore(pick(all, wanted));
      }
    },
  },
  {
    id: "partitions.slices.drop-wrong-expectation",
    title: "dropping a part that holds another number of events is a conflict and removes nothing",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const { partition } = await mixed(backend);
      const before = await harness.readStoredEvents(backend);
      for (const rows of [0, 1, 3, MIXED.length]) {
        const selection = { only: [{ agentId: "a" }] };
        await rejects(() => backend.partitions.drop(partition, { selection, expect: { rows } }), "conflict", / rows? /);
      }
      assert.deepEqual(await harness.readStoredEvents(backend), before);
    },
  },
  {
    id: "partitions.slices.up-to",
    title: "what was committed after the position is neither counted nor read nor dropped, wherever it lies in time",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const early = events(20, (n) => ({ ts: new Date(MIXED[0]?.ts.getTime() ?? 0), agentId: `agent-${n % 2}` }));
      await backend.audit.append(early.filter((_, n) => n % 3 !== 0));
      const partition = await onlyPartition(backend);
      const first = await backend.partitions.measure(partition);
      const kept = await collect(backend.partitions.read(partition));
      assert.equal(first.rows, 13);
      const { asOf } = first;
      // Between the others by key.
      await backend.audit.append(early.filter((_, n) => n % 3 === 0));
      assert.deepEqual(await backend.partitions.measure(partition, { asOf }), first);
      assert.deepEqual(await collect(backend.partitions.read(partition, { asOf })), kept);
      const selection = { only: [{ agentId: "agent-0" }] };
      const some = kept.filter(({ agentId }) => agentId === "agent-0");
      assert.equal((await backend.partitions.measure(partition, { asOf, selection })).rows, some.length);
      assert.deepEqual(await collect(backend.partitions.read(partition, { asOf, selection })), some);
      assert.equal((await backend.partitions.measure(partition)).rows, 20);

      await rejects(() => backend.partitions.drop(partition, { asOf, expect: { rows: 20 } }), "conflict", /rows/);
      assert.deepEqual(await backend.partitions.drop(partition, { asOf, expect: { rows: 13 } }), { rows: 13 });
      assert.deepEqual(
        (await collect(backend.audit.stream())).map(({ eventId }) => eventId),
        early.filter((_, n) => n % 3 === 0).map(({ eventId }) => eventId),
      );
      // What was put back is a later commit too.
      await backend.partitions.restore(kept);
      assert.deepEqual(await collect(backend.partitions.read(partition, { asOf })), []);
      assert.deepEqual(await backend.partitions.drop(partition, { asOf, expect: { rows: 0 } }), { rows: 0 });
      assert.equal(await backend.audit.count(), 20);
    },
  },
  {
    id: "partitions.slices.drop-progress",
    title: "a drop of thousands tells how many are gone, ascending to the number it answers",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3000, (n) => ({ ts: new Date(MIXED[0]?.ts ?? 0), agentId: `agent-${n % 3}` })));
      const partition = await onlyPartition(backend);
      const told: number[] = [];
      const selection = { except: [{ agentId: "agent-1" }] };
      const options = { selection, expect: { rows: 2000 }, onProgress: (rows: number) => told.push(rows) };
      assert.deepEqual(await backend.partitions.drop(partition, options), { rows: 2000 });
      assert.equal(told.at(-1), 2000);
      assert.deepEqual(
        told,
        [...new Set(told)].sort((a, b) => a - b),
      );
      assert.equal(await backend.audit.count({ agentId: "agent-1" }), 1000);
      assert.equal(await backend.audit.count(), 1000);
    },
  },
  {
    id: "partitions.slices.drop-abort",
    title:
      "an aborted drop ends with the reason of the signal: before it began with nothing removed, later with a rest",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3000, () => ({ ts: new Date(MIXED[0]?.ts ?? 0) })));
      const partition = await onlyPartition(backend);
      const reason = new Error("the window has ended");
      const before = AbortSignal.abort(reason);
      const refused = backend.partitions.drop(partition, { expect: { rows: 3000 }, signal: before });
      await assert.rejects(refused, (error) => error === reason);
      assert.equal(await backend.audit.count(), 3000);
      const controller = new AbortController();
      let gone = 0;
      const dropping = backend.partitions.drop(partition, {
        expect: { rows: 3000 },
        signal: controller.signal,
        onProgress(rows) {
          gone = rows;
          controller.abort(reason);
        },
      });
      // A store that drops in one step has nothing left to stop.
      const answer = await dropping.catch((error: unknown) => error);
      if (answer !== reason) assert.deepEqual(answer, { rows: 3000 });
      assert.ok(gone > 0);
      assert.equal(await backend.audit.count(), 3000 - gone);
      assert.equal((await backend.partitions.measure(partition)).rows, 3000 - gone);
    },
  },
  {
    id: "retention.foreign-retention.none",
    title: "a store of its own has nothing beside us that removes rows",
    async run({ storage }) {
      assert.deepEqual(await (await storage(ANY_TIME)).retentionSupport.conflictingPolicies(), []);
    },
  },
  ...sliceRefusalCases,
  ...metricSliceCases,
]);
