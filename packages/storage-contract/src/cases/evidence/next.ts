import assert from "node:assert/strict";
import { toAuditEvent } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { collect } from "../../support/assert.js";
import { event, events, NOW, optionalTexts, uuid } from "../../support/fixtures.js";
import { evidenceCase, readAll } from "./support.js";

export const evidenceNextCases = defineCases([
  evidenceCase(
    "evidence.next.every-event-once",
    "the events behind a position come in the order of their commits, each once, as they are stored",
    async ({ audit }, evidence) => {
      assert.deepEqual(await evidence.next("", 10), { events: [], restored: [], position: "", more: false });
      for (const one of events(5).toReversed()) await audit.append([one]);
      await audit.append([
        event(7, { ...optionalTexts((member) => `a ${member}`), payload: { a: ["\u0000", "\ud800"] } }),
      ]);
      await audit.append([event(6), event(7)]);
      const { events: found, position } = await readAll(evidence);
      const order = [4, 3, 2, 1, 0, 7, 6].map(uuid);
      assert.deepEqual(
        found.map(({ event }) => event.eventId),
        order,
      );
      assert.equal(new Set(found.map(({ seq }) => seq)).size, order.length);
      const stored = new Map((await collect(audit.stream())).map((one) => [one.eventId, one]));
      for (const { event } of found) assert.deepEqual(toAuditEvent(event), stored.get(event.eventId));
      assert.deepEqual(await evidence.next(position, 10), { events: [], restored: [], position, more: false });
      for (const one of events(12)) await audit.append([one]);
      const later = await readAll(evidence, position, 2);
      assert.deepEqual(
        later.events.map(({ event }) => event.eventId),
        [5, 8, 9, 10, 11].map(uuid),
      );
    },
  ),
  evidenceCase(
    "evidence.next.while-appending",
    "events that are appended meanwhile are missed by no reader, and read twice by none",
    async ({ audit }, evidence) => {
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        for (let n = 0; n < 25; n++)
          await audit.append(
            events(4, () => ({ agentId: `agent-${writer}` })).map((one, i) => ({
              ...one,
              eventId: uuid(writer * 1000 + n * 10 + i),
            })),
          );
      });
      const found: string[] = [];
      let position = "";
      let open = true;
      const done = Promise.all(writers).then(() => {
        open = false;
      });
      for (let last = false; !last; ) {
        last = !open;
        const part = await readAll(evidence, position, 7);
        found.push(...part.events.map(({ event }) => event.eventId));
        position = part.position;
      }
      await done;
      assert.equal(found.length, 400);
      assert.equal(new Set(found).size, 400);
    },
  ),
  evidenceCase(
    "evidence.rows.by-number",
    "rows are read by their numbers, where they are still there and of the times that are asked for",
    async ({ audit, partitions }, evidence) => {
      const old = event(1, { ts: new Date(NOW - 400 * 86_400_000) });
      await audit.append([old, event(2), event(3)]);
      const { events: sealed } = await readAll(evidence);
      const seqs = sealed.map(({ seq }) => seq);
      const idsOf = async (...request: Parameters<typeof evidence.rows>): Promise<string[]> =>
        (await evidence.rows(...request)).map(({ event }) => event.eventId).toSorted();
      assert.deepEqual(await idsOf([...seqs, Math.max(...seqs) + 1000]), [1, 2, 3].map(uuid));
      assert.deepEqual(await idsOf([]), []);
      assert.deepEqual(await idsOf(seqs.slice(1, 2)), [uuid(2)]);
      const at = event(2).ts.getTime();
      assert.deepEqual(await idsOf(seqs, { from: at, to: at }), [uuid(2)]);
      // Where events say which transaction stored them, that finds them, too.
      for (const { event, seq, transaction } of sealed) {
        const transactions = transaction === undefined ? undefined : { first: transaction, last: transaction };
        const there = { from: event.ts, to: event.ts, transactions };
        assert.deepEqual(await idsOf(seqs, there), [event.eventId]);
        assert.deepEqual(await idsOf([seq], there), [event.eventId]);
      }
      const found = new Map((await evidence.rows(seqs)).map((row) => [row.seq, row.event]));
      for (const { seq, event } of sealed) assert.deepEqual(found.get(seq), event);
      const [oldest] = await partitions.list("audit");
      assert.ok(oldest !== undefined);
      await partitions.drop(oldest, { expect: { rows: oldest.rows } });
      assert.deepEqual(await idsOf(seqs), [2, 3].map(uuid));
    },
  ),
  evidenceCase(
    "evidence.keys.what-a-position-includes",
    "the rows that a position includes are listed by time, and no later ones",
    async ({ audit }, evidence) => {
      for (const one of events(6).toReversed()) await audit.append([one]);
      const { events: sealed, position } = await readAll(evidence);
      await audit.append([event(100), event(-5)]);
      const numbers = new Map(sealed.map(({ seq, event }) => [event.eventId, seq]));
      const found = [];
      for (let after: { ts: number; eventId: string } | undefined; ; ) {
        const part = await evidence.keys(position, after, 4);
        found.push(...part);
        after = part.at(-1);
        if (part.length < 4) break;
      }
      assert.deepEqual(
        found.map(({ eventId }) => eventId),
        [0, 1, 2, 3, 4, 5].map(uuid),
      );
      for (const { seq, ts, eventId } of found) {
        assert.equal(seq, numbers.get(eventId));
        assert.equal(ts, event(Number.parseInt(eventId.slice(-12), 16)).ts.getTime());
      }
      assert.deepEqual(await evidence.keys("", undefined, 4), []);
      const first = await evidence.next("", 2);
      const part = await evidence.keys(first.position, undefined, 10);
      assert.deepEqual(
        part.map(({ eventId }) => eventId),
        [4, 5].map(uuid),
      );
    },
  ),
]);
