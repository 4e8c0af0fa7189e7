import assert from "node:assert/strict";
import type { AuditEvent, AuditStreamOptions } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, event, events, NOW, uuid } from "../../support/fixtures.js";

const ids = (items: readonly AuditEvent[]): string[] => items.map((item) => item.eventId);

/** What an iteration throws, after how many items. */
async function thrownBy(items: AsyncIterable<unknown>, each: (seen: number) => void): Promise<[unknown, number]> {
  let seen = 0;
  try {
    for await (const _ of items) each(++seen);
  } catch (error) {
    return [error, seen];
  }
  return assert.fail(`the stream ended without an error after ${seen} items`);
}

export const streamCases = defineCases([
  {
    id: "audit.stream.everything",
    title: "5,000 events come without a cap, oldest first unless told",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const batch = events(5000, (n) => ({ ts: new Date(NOW + Math.floor(n / 7)), payload: { n } }));
      await backend.audit.append(batch.toReversed());
      const expected = batch.map((one) => one.eventId);
      const items = await collect(backend.audit.stream());
      assert.deepEqual(ids(items), expected);
      assert.deepEqual(items[4999], { ...batch[4999], dryRun: false, recordedAt: new Date(NOW) });
      assert.deepEqual(ids(await collect(backend.audit.stream({}, { order: "oldest" }))), expected);
      assert.deepEqual(ids(await collect(backend.audit.stream({}, { order: "newest" }))), expected.toReversed());
    },
  },
  {
    id: "audit.stream.one-instant",
    title: "3,000 events of one instant all come, each once",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const batch = events(3000, () => ({ ts: new Date(NOW) }));
      await backend.audit.append(batch);
      for (const order of ["oldest", "newest"] as const) {
        const seen = ids(await collect(backend.audit.stream({}, { order })));
        const expected = batch.map((one) => one.eventId as string);
        assert.deepEqual(seen, order === "oldest" ? expected : expected.toReversed());
      }
    },
  },
  {
    id: "audit.stream.filtered",
    title: "a stream holds to its filter, and an empty one ends at once",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      assert.deepEqual(await collect(backend.audit.stream()), []);
      await backend.audit.append(
        events(2500, (n) => ({ agentId: `agent-${n % 100}`, payload: { even: n % 2 === 0 } })),
      );
      const expected = Array.from({ length: 25 }, (_, n) => uuid(n * 100 + 7));
      assert.deepEqual(ids(await collect(backend.audit.stream({ agentId: "agent-7" }))), expected);
      const even = await collect(backend.audit.stream({ payload: { "/even": true } }, { order: "newest" }));
      assert.equal(even.length, 1250);
      assert.equal(even[0]?.eventId, uuid(2498));
      assert.deepEqual(await collect(backend.audit.stream({ agentId: [] })), []);
    },
  },
  {
    id: "audit.stream.under-inserts",
    title: "events appended meanwhile do not disturb the ones that were there",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const batch = events(1500);
      await backend.audit.append(batch);
      const seen: string[] = [];
      let added = 0;
      for await (const item of backend.audit.stream()) {
        seen.push(item.eventId);
        if (seen.length % 250 === 0 && added < 10) {
          const ts = new Date(item.ts.getTime() + (added % 2 === 0 ? -500 : 500));
          await backend.audit.append([event(10_000 + added++, { ts })]);
        }
      }
      assert.equal(new Set(seen).size, seen.length, "an event came twice");
      assert.deepEqual(
        seen.filter((id) => id < uuid(10_000)),
        batch.map((one) => one.eventId),
      );
    },
  },
  {
    id: "audit.stream.abort",
    title: "an aborted signal ends the stream with the signal's reason",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3000));
      const during = new AbortController();
      const options: AuditStreamOptions = { signal: during.signal };
      const [error, seen] = await thrownBy(backend.audit.stream({}, options), (count) => {
        if (count === 10) during.abort();
      });
      assert.equal(error, during.signal.reason);
      assert.ok(seen < 3000, "the stream went on after the abort");
      const before = AbortSignal.abort();
      const [early, none] = await thrownBy(backend.audit.stream({}, { signal: before }), () => undefined);
      assert.equal(early, before.reason);
      assert.equal(none, 0);
    },
  },
  {
    id: "audit.stream.abort-empty",
    title: "an aborted signal ends the stream of an empty store with the signal's reason, too",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const signal = AbortSignal.abort(new Error("the user left"));
      const [error] = await thrownBy(backend.audit.stream({}, { signal }), () => undefined);
      assert.equal(error, signal.reason);
    },
  },
  {
    id: "audit.stream.abort-reason",
    title: "a reason of the caller's own is thrown as it is",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(10));
      const reason = new Error("the user left");
      const signal = AbortSignal.abort(reason);
      const [error] = await thrownBy(backend.audit.stream({}, { signal }), () => undefined);
      assert.equal(error, reason);
    },
  },
  {
    id: "audit.stream.break",
    title: "a reader may stop early, and the store goes on working",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3000));
      for (let round = 0; round < 20; round++) {
        let seen = 0;
        for await (const item of backend.audit.stream()) {
          assert.equal(item.eventId, uuid(seen));
          if (++seen === 3) break;
        }
        assert.equal(seen, 3);
      }
      await assert.rejects(async () => {
        for await (const _ of backend.audit.stream()) throw new Error("reader failed");
      }, /reader failed/);
      assert.equal((await backend.audit.append([event(5000)])).inserted, 1);
      assert.equal(await backend.audit.count(), 3001);
    },
  },
  {
    id: "audit.stream.side-by-side",
    title: "several streams run side by side, each at its own pace",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(1200));
      const slow = backend.audit.stream({}, { order: "newest" })[Symbol.asyncIterator]();
      assert.equal((await slow.next()).value?.eventId, uuid(1199));
      const [first, second] = await Promise.all([collect(backend.audit.stream()), collect(backend.audit.stream())]);
      assert.equal(first.length, 1200);
      assert.deepEqual(ids(second), ids(first));
      assert.equal((await slow.next()).value?.eventId, uuid(1198));
      await slow.return?.();
    },
  },
  {
    id: "audit.stream.unknown-option",
    title: "unknown options and orders are refused with a hint",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const start = (options: unknown) => () =>
        backend.audit
          .stream({}, options as AuditStreamOptions)
          [Symbol.asyncIterator]()
          .next();
      await rejects(start({ ordr: "newest" }), "invalid_argument", /unknown key "ordr".*Did you mean "order"/);
      await rejects(start({ limit: 5 }), "invalid_argument", {
        message: /unknown key "limit"/,
        option: "options.limit",
      });
      await rejects(start({ order: "newst" }), "invalid_argument", /Did you mean "newest"/);
      await rejects(start(null), "invalid_argument", /options/);
    },
  },
]);
