import assert from "node:assert/strict";
import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { OPTIONAL_TEXT_MEMBERS } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, events, NOW, optionalTexts, uuid } from "../../support/fixtures.js";

export const appendCases = defineCases([
  {
    id: "audit.append.stores-every-member",
    title: "an event reads back with every member it was given, and the time it was recorded",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const full = event(1, {
        ...optionalTexts((member) => `${member}-1`),
        decision: "deny",
        dryRun: true,
        payload: { tool: "search", arguments: { q: "x" } },
      });
      assert.deepEqual(await backend.audit.append([full]), { inserted: 1, duplicates: 0, rejected: [] });
      const { items } = await backend.audit.query();
      assert.deepEqual(items, [{ ...full, recordedAt: new Date(NOW) }]);
      const [stored] = await harness.readStoredEvents(backend);
      assert.equal(stored?.eventId, full.eventId);
      assert.equal(stored?.ts, full.ts.getTime());
      assert.equal(stored?.agentId, "agent-1");
      assert.deepEqual(JSON.parse(stored?.payload ?? ""), full.payload);
    },
  },
  {
    id: "audit.append.leaves-absent-members-absent",
    title: "optional members that were not given are absent, and dryRun is false",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(1)]);
      const { items } = await backend.audit.query();
      assert.deepEqual(items, [{ ...event(1), dryRun: false, recordedAt: new Date(NOW) }]);
    },
  },
  {
    id: "audit.append.makes-uuid-v7",
    title: "an event without eventId gets a UUID version 7 of its own",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { eventId: _, ...anonymous } = event(1);
      assert.equal((await backend.audit.append([anonymous, anonymous])).inserted, 2);
      const { items } = await backend.audit.query();
      assert.equal(new Set(items.map((item) => item.eventId)).size, 2);
      for (const item of items) assert.match(item.eventId, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
    },
  },
  {
    id: "audit.append.duplicate-identical",
    title: "an identical redelivery counts as a duplicate and changes nothing, whatever the case of its UUID",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const batch = events(5, (n) => ({ eventId: uuid(0xab0 + n), payload: { n } }));
      await backend.audit.append(batch);
      const before = await harness.readStoredEvents(backend);
      const upper = batch.map((one) => ({ ...one, eventId: one.eventId?.toUpperCase() as string }));
      assert.deepEqual(await backend.audit.append(upper), { inserted: 0, duplicates: 5, rejected: [] });
      assert.deepEqual(await harness.readStoredEvents(backend), before);
    },
  },
  {
    id: "audit.append.duplicate-key-order",
    title: "the order of payload members carries no meaning for a redelivery",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(1, { payload: { a: 1, b: { c: [1, 2], d: null } } })]);
      const again = event(1, { payload: { b: { d: null, c: [1, 2] }, a: 1 } });
      assert.deepEqual(await backend.audit.append([again]), { inserted: 0, duplicates: 1, rejected: [] });
    },
  },
  {
    id: "audit.append.conflict-keeps-stored",
    title: "the same key with other content is a conflict, by index, and the stored event stays as it was",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(1, { payload: { v: 1 } })]);
      const before = await harness.readStoredEvents(backend);
      const changes: Partial<NewAuditEvent>[] = [
        { payload: { v: 2 } },
        { payload: { v: "1" } },
        { decision: "deny" },
        { dryRun: true },
        { agentId: "other" },
        ...OPTIONAL_TEXT_MEMBERS.map((member) => ({ [member]: "x" })),
      ];
      for (const change of changes) {
        const result = await backend.audit.append([event(2), event(1, { payload: { v: 1 }, ...change })]);
        assert.deepEqual(
          result.rejected.map(({ index, code }) => ({ index, code })),
          [{ index: 1, code: "conflict" }],
        );
      }
      assert.deepEqual(
        (await harness.readStoredEvents(backend)).filter((one) => one.eventId === uuid(1)),
        before,
      );
    },
  },
  {
    id: "audit.append.null-payload-is-not-absent",
    title: "a payload of JSON null differs from no payload",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(1, { payload: null }), event(2)]);
      const { items } = await backend.audit.query({}, { order: "oldest" });
      assert.equal(items[0]?.payload, null);
      assert.equal("payload" in (items[1] as object), false);
      const result = await backend.audit.append([event(1), event(2, { payload: null })]);
      assert.deepEqual(
        result.rejected.map(({ code }) => code),
        ["conflict", "conflict"],
      );
    },
  },
  {
    id: "audit.append.same-batch-duplicates",
    title: "within one batch the first of a key is stored, an equal one is a duplicate and another one a conflict",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const result = await backend.audit.append([event(1), event(1), event(1, { decision: "deny" })]);
      assert.equal(result.inserted, 1);
      assert.equal(result.duplicates, 1);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => ({ index, code })),
        [{ index: 2, code: "conflict" }],
      );
      assert.equal((await backend.audit.query()).items[0]?.decision, "allow");
    },
  },
  {
    id: "audit.append.same-id-other-time",
    title: "identity is time and id together",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const result = await backend.audit.append([event(1), event(1, { ts: new Date(NOW) })]);
      assert.equal(result.inserted, 2);
    },
  },
  {
    id: "audit.append.bad-events-do-not-take-good-ones",
    title: "bad events are listed with index, code and reason; the others are stored",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const bad = [
        null,
        "text",
        {},
        { ...event(1), ts: "2026-01-01" },
        { ...event(1), ts: new Date(Number.NaN) },
        { ...event(1), agentId: "" },
        { ...event(1), agentId: 7 },
        { ...event(1), action: undefined },
        { ...event(1), eventId: "not-a-uuid" },
        { ...event(1), dryRun: "yes" },
        { ...event(1), agent_id: "x" },
        { ...event(1), payload: { n: Number.NaN } },
        { ...event(1), payload: new Map() },
      ];
      const batch = bad.flatMap((one, n) => [one, event(100 + n)]) as NewAuditEvent[];
      const result = await backend.audit.append(batch);
      assert.equal(result.inserted, bad.length);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => ({ index, code })),
        bad.map((_, n) => ({ index: n * 2, code: "invalid_argument" })),
      );
      for (const { reason } of result.rejected) assert.ok(reason.length > 10, reason);
      assert.match(result.rejected[10]?.reason ?? "", /agent_id.*Did you mean "agentId"/);
      assert.equal((await harness.readStoredEvents(backend)).length, bad.length);
    },
  },
  {
    id: "audit.append.too-large",
    title: "a payload over the cap is refused with too_large, at the byte",
    async run({ storage }) {
      const backend = await storage({ ...ANY_TIME, limits: { ...ANY_TIME.limits, maxPayloadBytes: 100 } });
      const fits = "x".repeat(98);
      const wide = "é".repeat(49);
      const result = await backend.audit.append([
        event(1, { payload: fits }),
        event(2, { payload: `${fits}x` }),
        event(3, { payload: wide }),
        event(4, { payload: `${wide}é` }),
      ]);
      assert.equal(result.inserted, 2);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => ({ index, code })),
        [
          { index: 1, code: "too_large" },
          { index: 3, code: "too_large" },
        ],
      );
    },
  },
  {
    id: "audit.append.out-of-range",
    title: "times outside the window are refused at the millisecond, and a call can widen the window",
    async run({ storage }) {
      const backend = await storage({ clock: () => NOW, limits: { maxAgeMs: 1000, maxSkewMs: 500 } });
      const at = (n: number, offset: number) => event(n, { ts: new Date(NOW + offset) });
      const batch = [at(1, -1000), at(2, -1001), at(3, 500), at(4, 501)];
      const result = await backend.audit.append(batch);
      assert.equal(result.inserted, 2);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => ({ index, code })),
        [
          { index: 1, code: "out_of_range" },
          { index: 3, code: "out_of_range" },
        ],
      );
      const widened = await backend.audit.append(batch, { limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
      assert.equal(widened.inserted, 1);
      assert.equal(widened.duplicates, 2);
    },
  },
  {
    id: "audit.append.time-edges",
    title: "the epoch, times before it, leap days and the year 9999 keep their millisecond",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const times = [
        "0001-01-01T00:00:00.000Z",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00.000Z",
        "2024-02-29T23:59:59.999Z",
        "2026-03-29T01:00:00.001Z",
        "9999-12-31T23:59:59.999Z",
      ];
      const batch = times.map((time, n) => event(n, { ts: new Date(time) }));
      assert.equal((await backend.audit.append(batch)).inserted, times.length);
      const { items } = await backend.audit.query({}, { order: "oldest" });
      assert.deepEqual(
        items.map((item) => item.ts.toISOString()),
        times,
      );
    },
  },
  {
    id: "audit.append.not-an-array",
    title: "anything but an array is refused as a whole, and an empty array is fine",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      for (const value of [undefined, null, event(1), "x"]) {
        await rejects(() => backend.audit.append(value as never), "invalid_argument", /array/);
      }
      await rejects(() => backend.audit.append([], { limit: 1 } as never), "invalid_argument", /unknown key "limit"/);
      assert.deepEqual(await backend.audit.append([]), { inserted: 0, duplicates: 0, rejected: [] });
    },
  },
  {
    id: "audit.append.large-batch",
    title: "a batch of 20,000 is stored whole",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      assert.equal((await backend.audit.append(events(20_000))).inserted, 20_000);
      assert.equal(await backend.audit.count(), 20_000);
    },
  },
]);
