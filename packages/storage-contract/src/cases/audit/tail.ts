import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { TailOptions } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, events, NOW, uuid } from "../../support/fixtures.js";
import { Follower, ids, PROBES } from "../../support/follower.js";
import { soon } from "../../support/soon.js";
import { tailAcrossCases } from "./tail-across.js";

export const tailCases = defineCases([
  {
    id: "audit.tail.from-now-on",
    title: "without a position only events committed from now on come, whole",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(50));
      const follower = await Follower.open(backend);
      const full = event(60, { teamId: "t", dryRun: true, payload: { tool: "x", n: [1] } });
      await backend.audit.append([full, event(61)]);
      const [first, second] = await follower.read(2);
      assert.deepEqual(first?.event, { ...full, recordedAt: new Date(NOW) });
      assert.equal(second?.event.eventId, uuid(61));
      assert.equal(typeof first?.position, "string");
      assert.notEqual(first?.position, second?.position);
      await follower.stop();
    },
  },
  {
    id: "audit.tail.commit-order",
    title: "events come in the order they were committed, although their times are older",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const follower = await Follower.open(backend);
      const order = [500, 3, 400, 2, 1, 600];
      for (const n of order) await backend.audit.append([event(n)]);
      assert.deepEqual(ids(await follower.read(order.length)), order.map(uuid));
      await follower.stop();
    },
  },
  {
    id: "audit.tail.filter",
    title: "a filter holds for a tail",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const members = { agentId: "wanted", payload: { v: { x: 1 } } };
      const follower = await Follower.open(backend, { agentId: "wanted", payload: { "/v/x": 1 } }, members);
      await backend.audit.append([
        event(1),
        event(2, members),
        event(3, { agentId: "wanted" }),
        event(4, { payload: { v: { x: 1 } } }),
      ]);
      await backend.audit.append(events(300, (n) => ({ eventId: uuid(1000 + n) })));
      await backend.audit.append([event(5, members)]);
      assert.deepEqual(ids(await follower.read(2)), [uuid(2), uuid(5)]);
      await follower.stop();
    },
  },
  {
    id: "audit.tail.concurrent-appends",
    title: "20 concurrent appends of 50 arrive whole: none missed, none twice",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const follower = await Follower.open(backend);
      const batch = (b: number) =>
        Array.from({ length: 50 }, (_, n) => event(b * 50 + n, { ts: new Date(NOW - b * 7 - n) }));
      const appends = Array.from({ length: 20 }, async (_, b) => {
        await sleep((b * 7) % 30);
        return backend.audit.append(batch(b));
      });
      const [items, results] = await Promise.all([follower.read(1000), Promise.all(appends)]);
      assert.equal(
        results.reduce((sum, { inserted }) => sum + inserted, 0),
        1000,
      );
      assert.deepEqual(
        ids(items).sort(),
        Array.from({ length: 1000 }, (_, n) => uuid(n)),
      );
      await follower.expectOnly(backend, 5000);
      await follower.stop();
    },
  },
  {
    id: "audit.tail.two-readers",
    title: "two tails see the same history",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const followers = await Promise.all([Follower.open(backend), Follower.open(backend, { agentId: "agent-1" })]);
      await Promise.all([backend.audit.append(events(100)), backend.audit.append([event(200), event(201)])]);
      const [first, second] = await Promise.all(followers.map((follower) => follower.read(102)));
      assert.deepEqual(ids(first ?? []), ids(second ?? []));
      for (const follower of followers) await follower.stop();
    },
  },
  {
    id: "audit.tail.no-duplicates",
    title: "redeliveries and refused events are not delivered",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(5));
      const follower = await Follower.open(backend);
      await backend.audit.append(events(5));
      await backend.audit.append([event(1, { decision: "deny" }), event(7, { agentId: "" })]);
      await backend.audit.append([event(10), event(10)]);
      assert.deepEqual(ids(await follower.read(1)), [uuid(10)]);
      await follower.expectOnly(backend, 11);
      await follower.stop();
    },
  },
  {
    id: "audit.tail.resume",
    title: "a position resumes after its event: events committed without a tail are delivered, once",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const follower = await Follower.open(backend);
      await backend.audit.append([event(900), event(3), event(800), event(2)]);
      const items = await follower.read(4);
      await follower.stop();
      await backend.audit.append(events(2500, (n) => ({ eventId: uuid(10_000 + n) })));
      const late = Array.from({ length: 2500 }, (_, n) => uuid(10_000 + n));
      const delivered = new Map<string, readonly string[]>([
        [items[1]?.position ?? "", ids(items).slice(2)],
        [items[3]?.position ?? "", []],
      ]);
      for (const [after, first] of delivered) {
        const resumed = new Follower(backend, {}, { after });
        const again = ids(await resumed.read(first.length + late.length));
        assert.deepEqual(again.slice(0, first.length), first);
        assert.deepEqual(again.slice(first.length).sort(), late);
        await resumed.stop();
      }
      const other = new Follower(backend, { eventId: uuid(10_007) }, { after: items[0]?.position });
      assert.deepEqual(ids(await other.read(1)), [uuid(10_007)]);
      await other.stop();
    },
  },
  {
    id: "audit.tail.bad-options",
    title: "a foreign or damaged position, an unknown option and a bad filter are refused",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3));
      const { next } = await backend.audit.query({}, { limit: 1 });
      assert.ok(next !== undefined);
      const start = (options: unknown) => () => {
        const items = backend.audit.tail({}, options as TailOptions);
        return soon(items[Symbol.asyncIterator]().next(), "the refusal of a tail");
      };
      for (const after of [next, "", "x", next.slice(1), 7, null]) {
        await rejects(start({ after }), "invalid_argument", { option: "options.after" });
      }
      await rejects(start({ aftr: "x" }), "invalid_argument", /unknown key "aftr".*Did you mean "after"/);
      await rejects(start(null), "invalid_argument", /options/);
    },
  },
  {
    id: "audit.tail.abort",
    title: "an abort ends a waiting tail without an error, and one that never began",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3));
      const never = backend.audit.tail({}, { signal: AbortSignal.abort() })[Symbol.asyncIterator]();
      assert.equal((await soon(never.next(), "the end of an aborted tail")).done, true);
      const controller = new AbortController();
      const waiting = backend.audit.tail({}, { signal: controller.signal })[Symbol.asyncIterator]();
      const pending = waiting.next();
      await sleep(20);
      controller.abort(new Error("enough"));
      assert.equal((await soon(pending, "the end of a waiting tail")).done, true);
      assert.equal((await soon(waiting.next(), "an ended tail")).done, true);
      assert.equal((await backend.audit.append([event(9)])).inserted, 1);
    },
  },
  {
    id: "audit.tail.break",
    title: "a reader may leave a tail between items, and the store goes on working",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const follower = await Follower.open(backend);
      await backend.audit.append(events(20));
      const [item] = await follower.read(1);
      await follower.stop();
      const seen: string[] = [];
      const leaving = (async () => {
        for await (const { event: one } of backend.audit.tail({}, { after: item?.position })) {
          if (one.eventId < uuid(PROBES)) seen.push(one.eventId);
          if (seen.length === 5) break;
        }
      })();
      await soon(leaving, "five events to leave a tail after");
      assert.deepEqual(seen, [1, 2, 3, 4, 5].map(uuid));
      assert.equal((await backend.audit.append([event(99)])).inserted, 1);
    },
  },
  {
    id: "audit.tail.close",
    title: "closing the store ends its tails without an error",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const follower = await Follower.open(backend);
      const pending = (async () => {
        let item = await follower.next();
        while (item !== undefined) item = await follower.next();
      })();
      await sleep(20);
      await soon(backend.close(), "close with a waiting tail");
      await soon(pending, "the end of a tail whose store was closed");
      await rejects(() => backend.audit.tail()[Symbol.asyncIterator]().next(), "closed");
    },
  },
  ...tailAcrossCases,
]);
