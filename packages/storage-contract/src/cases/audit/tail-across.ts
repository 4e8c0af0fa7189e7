import assert from "node:assert/strict";
import { defineCases } from "../../contract-case.js";
import { collect } from "../../support/assert.js";
import { ANY_TIME, event, events, uuid } from "../../support/fixtures.js";
import { Follower, ids } from "../../support/follower.js";
import { assertUnsupported, reopened } from "../durability.js";
import { onTwoHandles, refusedSecond } from "../two-handles.js";

/** Tails of events that were committed by other means than an append through the same opening of the store. */
export const tailAcrossCases = defineCases([
  {
    id: "audit.tail.restored",
    title: "events that are put back are delivered, since that is when they were committed; redeliveries are not",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3));
      const stored = await collect(backend.audit.stream());
      const [partition] = await backend.partitions.list("audit");
      assert.ok(partition !== undefined);
      await backend.partitions.drop(partition, { expect: { rows: 3 } });
      const follower = await Follower.open(backend);
      assert.equal((await backend.partitions.restore(stored)).inserted, 3);
      assert.equal((await backend.partitions.restore(stored)).duplicates, 3);
      const last = uuid(10);
      await backend.audit.append([event(10)]);
      const items = await follower.read(1);
      while (items.at(-1)?.event.eventId !== last) items.push(...(await follower.read(1)));
      assert.deepEqual(ids(items.slice(0, -1)).sort(), [0, 1, 2].map(uuid));
      assert.deepEqual(items.find((item) => item.event.eventId === uuid(1))?.event, stored[1]);
      await follower.stop();
    },
  },
  {
    id: "audit.tail.second-handle",
    title: "a tail delivers what other openings of the store commit, in commit order, and they take its positions",
    requires: "multiProcess",
    run: (context) =>
      onTwoHandles(context, async ([one, other]) => {
        const follower = await Follower.open(one);
        const order = [90, 4, 80, 3, 70, 2];
        for (const [turn, n] of order.entries()) await (turn % 2 === 0 ? other : one).audit.append([event(n)]);
        const items = await follower.read(order.length);
        assert.deepEqual(ids(items), order.map(uuid));
        await follower.expectOnly(other, 100);
        await follower.stop();
        const resumed = new Follower(other, {}, { after: items[2]?.position });
        assert.deepEqual(ids(await resumed.read(4)), [3, 70, 2, 100].map(uuid));
        await resumed.expectOnly(one, 101);
        await resumed.stop();
      }),
    refusal: refusedSecond,
  },
  {
    id: "audit.tail.reopen",
    title: "a position still holds when the store was closed and opened again: none missed, none twice",
    requires: "durability",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const follower = await Follower.open(backend);
      await backend.audit.append([event(9)]);
      await backend.audit.append([event(2)]);
      await backend.audit.append([event(5)]);
      const [first] = await follower.read(3);
      await follower.stop();
      await backend.audit.append([event(1)]);
      const again = await reopened(harness, backend, ANY_TIME);
      try {
        await again.audit.append([event(7)]);
        const resumed = new Follower(again, {}, { after: first?.position });
        assert.deepEqual(ids(await resumed.read(4)), [2, 5, 1, 7].map(uuid));
        await resumed.expectOnly(again, 3);
        await resumed.stop();
      } finally {
        await again.close();
      }
    },
    async refusal({ harness, storage }) {
      assertUnsupported(await storage(ANY_TIME), "durability");
      assert.equal(harness.reopen, undefined);
    },
  },
]);
