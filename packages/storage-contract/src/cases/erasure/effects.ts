import assert from "node:assert/strict";
import type { AuditFilter, NewAuditEvent, StorageBackend, SummaryRequest } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { collect } from "../../support/assert.js";
import { ANY_TIME, event, NOW, uuid } from "../../support/fixtures.js";
import {
  asStored,
  erasedEvent,
  erasureCase,
  mixedEvents,
  payloadOf,
  request,
  storedEvents,
  subjectEvent,
} from "./support.js";

const DAY = 86_400_000;

/** A payload of 40 members: the 33rd and those behind it are one part. */
const WIDE = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`m${String(n).padStart(2, "0")}`, n]));

const QUESTIONS: readonly SummaryRequest[] = [
  {},
  { groupBy: ["agentId"] },
  { groupBy: ["tool", "decision"] },
  { groupBy: ["sessionId"] },
  { groupBy: ["teamId"], bucket: { every: "1h" } },
  { groupBy: ["agentId"], bucket: { every: "1d" } },
];
const FILTERS: readonly AuditFilter[] = [
  { action: "tool_call" },
  { agentId: "subject" },
  { agentId: ["erased", "agent-1"] },
  { tool: "mail" },
  { sessionId: "session of the subject" },
  { traceId: "trace of the subject" },
  { payload: { "/arguments/to": "subject@example.com" } },
  { payload: { "/result": "sent" } },
];

async function answers({ audit }: StorageBackend): Promise<unknown[]> {
  const given: unknown[] = [];
  for (const filter of FILTERS) {
    for (const asked of QUESTIONS) given.push(await audit.summarize({ action: "tool_call", ...filter }, asked));
    given.push(
      await audit.count(filter),
      (await audit.query(filter)).items.map(({ eventId }) => eventId),
    );
  }
  return given;
}

export const erasureEffectCases = defineCases([
  erasureCase(
    "erasure.parts.rows",
    "the parts asked for go from the events that the filter selects, and nothing else changes",
    async (backend, { harness }) => {
      await backend.audit.append(mixedEvents(6));
      const before = await harness.readStoredEvents(backend);
      const result = await backend.erase(request());
      assert.equal(result.events, 3);
      assert.equal(result.state, "done");
      assert.deepEqual(
        await storedEvents(backend),
        mixedEvents(6).map((one, n) => asStored(n % 2 === 0 ? erasedEvent(n) : one)),
      );
      const after = (await harness.readStoredEvents(backend)).filter(({ action }) => action !== "governance");
      const kept = ({ ts, eventId, recordedAt }: (typeof after)[number]) => [ts, eventId, recordedAt];
      assert.deepEqual(after.map(kept), before.map(kept));
      assert.deepEqual(
        after.map(({ tool }) => tool),
        [null, "read", null, "read", null, "read"],
      );
    },
  ),
  erasureCase(
    "erasure.parts.payload",
    "a payload goes as a whole: an object, a list, a text, an empty one",
    async (backend) => {
      const payloads = [{ a: 1 }, {}, ["a"], "text", null, 7];
      await backend.audit.append([
        ...payloads.map((payload, n) => subjectEvent(n, { payload })),
        event(10, { agentId: "subject" }),
      ]);
      assert.equal((await backend.erase(request({ parts: ["payload:"] }))).events, 5);
      const left = (await storedEvents(backend)).map(({ payload }) => payload);
      assert.deepEqual(left, [{ a: 1 }, ...Array.from({ length: 6 })]);
      assert.equal((await backend.erase(request({ parts: ["payload"] }))).events, 1);
      assert.ok((await storedEvents(backend)).every((one) => !("payload" in one)));
    },
  ),
  erasureCase(
    "erasure.parts.rest-of-payload",
    "members behind the 32nd go together, and stay so when others were erased before",
    async (backend) => {
      await backend.audit.append([subjectEvent(0, { payload: WIDE })]);
      await backend.erase(request({ parts: ["payload:/m00"] }));
      await backend.erase(request({ parts: ["payload:*"] }));
      const [left] = await storedEvents(backend);
      assert.deepEqual(Object.keys(payloadOf(left as NewAuditEvent)), Object.keys(WIDE).slice(1, 32));
      assert.deepEqual(await backend.audit.append([subjectEvent(0, { payload: WIDE })]), {
        inserted: 0,
        duplicates: 1,
        rejected: [],
      });
    },
  ),
  erasureCase(
    "erasure.parts.odd-names",
    "members with any name are erased by it, and the order of the others stays",
    async (backend) => {
      const payload = { z: 1, "a/b": 2, "a~b": 3, __proto__x: 4, "": 5, ü: 6, a: 7 };
      await backend.audit.append([subjectEvent(0, { payload })]);
      await backend.erase(request({ parts: ["payload:/a~1b", "payload:/a~0b", "payload:/", "payload:/ü"] }));
      const [left] = await storedEvents(backend);
      assert.deepEqual(payloadOf(left as NewAuditEvent), { z: 1, __proto__x: 4, a: 7 });
    },
  ),
  erasureCase(
    "erasure.answers.as-of-erased-events",
    "filters, counts, pages and summaries answer as if the events had come without the parts",
    async (backend, { storage }) => {
      const other = await storage(ANY_TIME);
      await backend.audit.append(mixedEvents(30));
      const asked = await answers(backend);
      await backend.erase(request());
      await other.audit.append(mixedEvents(30).map((one, n) => (n % 2 === 0 ? erasedEvent(n) : one)));
      const expected = await answers(other);
      assert.deepEqual(await answers(backend), expected);
      assert.notDeepEqual(asked, expected);
    },
  ),
  erasureCase(
    "erasure.counts.of-dropped-events-stay",
    "counts of events that were dropped before stay as they are",
    async (backend) => {
      const old = Array.from({ length: 4 }, (_, n) => subjectEvent(n, { ts: new Date(NOW - 400 * DAY + n) }));
      await backend.audit.append([...old, ...Array.from({ length: 3 }, (_, n) => subjectEvent(10 + n))]);
      const [partition] = await backend.partitions.list("audit");
      assert.ok(partition !== undefined);
      await backend.partitions.drop(partition, { expect: { rows: 4 } });
      await backend.erase(request());
      const rows = await backend.audit.summarize(
        { action: "tool_call" },
        { groupBy: ["agentId"], includeDropped: true },
      );
      assert.deepEqual(Object.fromEntries(rows.map(({ key, count }) => [key.agentId, count])), {
        subject: 4,
        erased: 3,
      });
    },
  ),
  erasureCase(
    "erasure.counts.of-erased-events-dropped-later",
    "erased events that are dropped count as what is left of them",
    async (backend) => {
      const old = Array.from({ length: 4 }, (_, n) => subjectEvent(n, { ts: new Date(NOW - 400 * DAY + n) }));
      await backend.audit.append(old);
      await backend.erase(request());
      const [partition] = await backend.partitions.list("audit");
      assert.ok(partition !== undefined);
      await backend.partitions.drop(partition, { expect: { rows: 4 } });
      const rows = await backend.audit.summarize({ tool: [] }, { includeDropped: true });
      assert.equal(rows.length === 0 ? 0 : rows[0]?.count, 0);
      const byAgent = await backend.audit.summarize(
        { action: "tool_call" },
        { groupBy: ["agentId", "tool"], includeDropped: true },
      );
      assert.deepEqual(
        byAgent.map(({ key, count }) => [key.agentId, key.tool, count]),
        [["erased", null, 4]],
      );
    },
  ),
  erasureCase(
    "erasure.tail.delivers-what-is-left",
    "a tail from before the erasure delivers what is left, each event once and in its place",
    async (backend) => {
      const tail = backend.audit.tail({ action: "tool_call" })[Symbol.asyncIterator]();
      await backend.audit.append(mixedEvents(4));
      const first = await tail.next();
      assert.ok(first.done !== true);
      await backend.erase(request());
      await backend.audit.append([event(9)]);
      await tail.return?.();
      const later: (string | undefined)[] = [];
      for await (const { event } of backend.audit.tail({ action: "tool_call" }, { after: first.value.position })) {
        later.push(event.eventId);
        assert.notEqual(event.agentId, "subject");
        if (event.eventId === uuid(9)) break;
      }
      assert.deepEqual(later, [1, 2, 3, 9].map(uuid));
    },
  ),
  erasureCase("erasure.partitions.read", "the rows of partitions are read without what was erased", async (backend) => {
    await backend.audit.append(mixedEvents(4));
    await backend.erase(request());
    const [partition] = await backend.partitions.list("audit");
    assert.ok(partition !== undefined);
    const agents = (await collect(backend.partitions.read(partition))).map(({ agentId }) => agentId);
    assert.ok(!agents.includes("subject"));
    assert.equal(agents.filter((agentId) => agentId === "erased").length, 2);
  }),
]);
