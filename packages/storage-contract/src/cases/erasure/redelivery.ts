import assert from "node:assert/strict";
import type { AuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { collect } from "../../support/assert.js";
import { NOW } from "../../support/fixtures.js";
import {
  asStored,
  erasedEvent,
  erasureCase,
  erasureSupportOf,
  request,
  storedEvents,
  subjectEvent,
} from "./support.js";

const keyOf = ({ ts, eventId }: Pick<AuditEvent, "ts" | "eventId">) => ({ ts: ts.getTime(), eventId });

/** The only event that records no change, as the store has it. */
async function onlyEvent({ audit }: StorageBackend): Promise<AuditEvent> {
  const [found] = await collect(audit.stream({ action: "tool_call" }));
  return found ?? assert.fail("there is no event");
}

/** Drops the day of an event. */
async function dropDayOf(backend: StorageBackend, { ts }: Pick<AuditEvent, "ts">): Promise<void> {
  const partitions = await backend.partitions.list("audit");
  const partition = partitions.find(({ from, to }) => from <= ts && ts < to);
  assert.ok(partition !== undefined);
  const selection = { only: [{ action: "tool_call" }] };
  const { rows } = await backend.partitions.measure(partition, { selection });
  await backend.partitions.drop(partition, { selection, expect: { rows } });
}

export const erasureRedeliveryCases = defineCases([
  erasureCase(
    "erasure.redelivery.duplicate",
    "an erased event that is delivered again counts as a duplicate, with or without its parts",
    async (backend) => {
      await backend.audit.append([subjectEvent(0), subjectEvent(1)]);
      await backend.erase(request());
      for (const again of [subjectEvent(0), erasedEvent(0), { ...subjectEvent(0), agentId: "erased" }]) {
        const { inserted, duplicates, rejected } = await backend.audit.append([again]);
        assert.deepEqual({ inserted, duplicates, rejected }, { inserted: 0, duplicates: 1, rejected: [] });
      }
      assert.deepEqual(
        await storedEvents(backend),
        [0, 1].map((n) => asStored(erasedEvent(n))),
      );
    },
  ),
  erasureCase(
    "erasure.redelivery.conflict",
    "an event with the same key that differs in what is left is a conflict",
    async (backend) => {
      await backend.audit.append([subjectEvent(0)]);
      await backend.erase(request());
      for (const members of [
        { decision: "deny" },
        { teamId: "team-2" },
        { payload: { tool: "mail", arguments: { to: "subject@example.com" }, result: "refused", n: 0 } },
      ]) {
        const { inserted, duplicates, rejected } = await backend.audit.append([subjectEvent(0, members)]);
        assert.deepEqual([inserted, duplicates, rejected.map(({ code }) => code)], [0, 0, ["conflict"]]);
      }
      // Nothing tells whether a part that is gone was another one.
      const other = subjectEvent(0, { agentId: "another" });
      assert.equal((await backend.audit.append([other])).duplicates, 1);
    },
  ),
  erasureCase(
    "erasure.restore.without-parts",
    "a restore of an erased event stores what is left, whatever the archive has, and again nothing",
    async (backend) => {
      await backend.audit.append([subjectEvent(0)]);
      const archived = await onlyEvent(backend);
      await backend.erase(request());
      const left = await onlyEvent(backend);
      assert.deepEqual(await backend.partitions.restore([archived]), { inserted: 0, duplicates: 1, conflicts: 0 });
      await dropDayOf(backend, archived);
      assert.equal(await backend.audit.count({ action: "tool_call" }), 0);
      assert.deepEqual(await backend.partitions.restore([archived]), { inserted: 1, duplicates: 0, conflicts: 0 });
      assert.deepEqual(await onlyEvent(backend), left);
      // It counts once, as what is left of it.
      const counted = { groupBy: ["agentId", "tool"], includeDropped: true } as const;
      const groups = await backend.audit.summarize({ action: "tool_call" }, counted);
      assert.deepEqual(groups, [{ key: { agentId: "erased", tool: null }, count: 1 }]);
      assert.deepEqual(await backend.partitions.restore([left, archived]), {
        inserted: 0,
        duplicates: 2,
        conflicts: 0,
      });
    },
  ),
  erasureCase(
    "erasure.restore.of-marked-events",
    "parts of archived events can be marked as erased, and a restore leaves them out",
    async (backend) => {
      const support = erasureSupportOf(backend);
      await backend.audit.append([subjectEvent(0, { ts: new Date(NOW) })]);
      const archived = await onlyEvent(backend);
      await dropDayOf(backend, archived);
      await support.mark([{ ...keyOf(archived), parts: ["sessionId"] }]);
      await support.mark([{ ...keyOf(archived), parts: ["agentId", "payload:/arguments"] }]);
      const [marker] = await support.erased([keyOf(archived), { ...keyOf(archived), ts: 1 }]);
      assert.deepEqual(marker, { ...keyOf(archived), parts: ["agentId", "payload:/arguments", "sessionId"] });
      const other = { ts: 2, eventId: archived.eventId };
      await support.mark([{ ...other, parts: ["traceId", "payload:/tool", "payload", "traceId"] }]);
      assert.deepEqual(await support.erased([other]), [{ ...other, parts: ["payload", "traceId"] }]);
      // A writer may deliver it again, and then it is in both places.
      assert.equal((await backend.audit.append([subjectEvent(0, { ts: archived.ts })])).inserted, 1);
      assert.deepEqual(await backend.partitions.restore([archived]), { inserted: 0, duplicates: 1, conflicts: 0 });
      await dropDayOf(backend, archived);
      await backend.partitions.restore([archived]);
      const { payload, ...rest } = await onlyEvent(backend);
      assert.equal(rest.agentId, "erased");
      assert.equal("sessionId" in rest, false);
      assert.equal(rest.traceId, archived.traceId);
      assert.deepEqual(payload, { tool: "mail", result: "sent", n: 0 });
      // One that comes again with these parts loses them when others are erased.
      await dropDayOf(backend, archived);
      await backend.audit.append([subjectEvent(0, { ts: archived.ts })]);
      assert.equal((await backend.erase(request({ parts: ["traceId"] }))).events, 1);
      const { traceId: _, ...left } = rest;
      assert.deepEqual(await onlyEvent(backend), { ...left, payload });
      const groups = await backend.audit.summarize({ action: "tool_call" }, { groupBy: ["agentId"] });
      assert.deepEqual(groups, [{ key: { agentId: "erased" }, count: 1 }]);
    },
  ),
  erasureCase(
    "erasure.markers.names",
    "a marker has the names of the parts, and none of a payload that is gone as a whole",
    async (backend) => {
      await backend.audit.append([subjectEvent(0)]);
      const key = keyOf(await onlyEvent(backend));
      const names = async () => (await erasureSupportOf(backend).erased([key])).map(({ parts }) => parts);
      assert.deepEqual(await names(), []);
      await backend.erase(request({ parts: ["sessionId", "payload:/tool"] }));
      assert.deepEqual(await names(), [["payload:/tool", "sessionId"]]);
      await backend.erase(request({ parts: ["payload"] }));
      assert.deepEqual(await names(), [["payload", "sessionId"]]);
      assert.equal((await backend.audit.append([subjectEvent(0)])).duplicates, 1);
    },
  ),
]);
