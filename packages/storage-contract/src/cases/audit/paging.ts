import assert from "node:assert/strict";
import type {
  AuditEvent,
  AuditFilter,
  AuditOrder,
  AuditPageRequest,
  StorageBackend,
} from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, events, NOW, uuid } from "../../support/fixtures.js";

const ORDERS: readonly AuditOrder[] = ["newest", "oldest"];

/** Follows `next` to the end; `between` runs after each page. Fails on a page that is too long, or an endless walk. */
async function walk(
  backend: StorageBackend,
  filter: AuditFilter,
  request: AuditPageRequest & { readonly limit: number },
  between: (page: number) => Promise<void> = async () => undefined,
): Promise<AuditEvent[]> {
  const all: AuditEvent[] = [];
  let cursor: string | undefined;
  for (let page = 1; page <= 1000; page++) {
    const { items, next } = await backend.audit.query(filter, cursor === undefined ? request : { ...request, cursor });
    all.push(...items);
    if (next === undefined) return all;
    assert.equal(items.length, request.limit, "only the last page may be short");
    cursor = next;
    await between(page);
  }
  return assert.fail("paging does not end");
}

/** `(ts, id)` of each, as text. */
function keys(items: readonly AuditEvent[]): string[] {
  return items.map((item) => `${item.ts.getTime()} ${item.eventId}`);
}

export const pagingCases = defineCases([
  {
    id: "audit.paging.order",
    title: "newest is the default; both orders sort by time, then by id",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const at = (ms: number) => new Date(NOW + ms);
      const sorted = [
        event(7, { ts: at(-5) }),
        event(9, { ts: at(-5) }),
        event(1, { ts: at(0) }),
        event(2, { ts: at(0) }),
        event(0xa0, { ts: at(0) }),
        event(0, { ts: at(1) }),
      ];
      const expected = sorted.map((one) => `${one.ts.getTime()} ${one.eventId}`);
      await backend.audit.append([4, 1, 5, 0, 3, 2].map((n) => sorted[n] as (typeof sorted)[number]));
      assert.deepEqual(keys((await backend.audit.query({}, { order: "oldest" })).items), expected);
      assert.deepEqual(keys((await backend.audit.query({}, { order: "newest" })).items), expected.toReversed());
      assert.deepEqual(keys((await backend.audit.query()).items), expected.toReversed());
    },
  },
  {
    id: "audit.paging.ties",
    title:
      "events of one instant are neither lost nor repeated across page borders, nor those of an agent, session or trace",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const one = { agentId: "one", sessionId: "session-1", traceId: "0af7651916cd43dd8448eb211c80319c" };
      const other = { agentId: "other", sessionId: "session-2", traceId: "4bf92f3577b34da6a3ce929d0e0e4736" };
      const batch = Array.from({ length: 33 }, (_, n) =>
        event((n * 7) % 33, { ...(n % 3 === 0 ? other : one), ts: new Date(NOW + Math.floor(n / 17)) }),
      );
      await backend.audit.append(batch);
      const { agentId, sessionId, traceId } = one;
      for (const filter of [{}, { agentId }, { sessionId }, { traceId }, one]) {
        const some = Object.keys(filter).length === 0 ? batch : batch.filter((event) => event.agentId === agentId);
        const expected = some.map((event) => `${event.ts.getTime()} ${event.eventId}`).sort();
        const of = `of ${JSON.stringify(filter)}`;
        for (const limit of [1, 2, 3, 7]) {
          const oldest = keys(await walk(backend, filter, { limit, order: "oldest" }));
          assert.deepEqual(oldest, expected, `oldest by ${limit} ${of}`);
          const newest = keys(await walk(backend, filter, { limit, order: "newest" }));
          assert.deepEqual(newest, expected.toReversed(), `newest by ${limit} ${of}`);
        }
      }
    },
  },
  {
    id: "audit.paging.filtered",
    title: "a filter holds on every page, however thin the matches are spread",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(
        events(500, (n) => ({ agentId: n % 50 === 3 ? "rare" : "common", payload: { third: n % 3 === 0 } })),
      );
      for (const order of ORDERS) {
        const rare = await walk(backend, { agentId: "rare" }, { limit: 3, order });
        assert.equal(rare.length, 10);
        const both = await walk(backend, { agentId: "rare", payload: { "/third": true } }, { limit: 1, order });
        const numbers = [3, 153, 303, 453].map(uuid);
        assert.deepEqual(
          both.map((item) => item.eventId),
          order === "oldest" ? numbers : numbers.toReversed(),
        );
      }
    },
  },
  {
    id: "audit.paging.stable-under-inserts",
    title: "events appended between pages neither repeat nor hide the ones that were there",
    async run({ storage }) {
      for (const order of ORDERS) {
        const backend = await storage(ANY_TIME);
        const batch = events(20);
        await backend.audit.append(batch);
        const items = await walk(backend, {}, { limit: 3, order }, async (page) => {
          // Before, between and behind the pages; some share an instant with what is there.
          const times = [-500, 500, 7000, 19_000, 100_000].map((ms) => new Date((batch[0]?.ts.getTime() ?? 0) + ms));
          await backend.audit.append(times.map((ts, n) => event(1000 + page * 10 + n, { ts })));
          if (page > 200) assert.fail("new events are followed without end");
        });
        const seen = keys(items);
        assert.equal(new Set(seen).size, seen.length, "an event came twice");
        const sorted = seen.toSorted((a, b) => Number(a.split(" ")[0]) - Number(b.split(" ")[0]) || (a < b ? -1 : 1));
        assert.deepEqual(seen, order === "oldest" ? sorted : sorted.toReversed());
        const ids = new Set(items.map((item) => item.eventId));
        assert.deepEqual(
          batch.filter((one) => !ids.has(one.eventId as string)),
          [],
          "an event was lost",
        );
      }
    },
  },
  {
    id: "audit.paging.last-page",
    title: "the last page has no next, also when it is exactly full; an empty result is one page without next",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      assert.deepEqual(await backend.audit.query(), { items: [] });
      await backend.audit.append(events(6));
      for (const order of ORDERS) {
        const first = await backend.audit.query({}, { limit: 3, order });
        assert.equal(first.items.length, 3);
        const second = await backend.audit.query({}, { limit: 3, order, cursor: first.next });
        assert.equal(second.items.length, 3);
        assert.equal("next" in second, false);
        assert.equal("next" in (await backend.audit.query({}, { limit: 6, order })), false);
        assert.equal("next" in (await backend.audit.query({}, { limit: 7, order })), false);
      }
      assert.deepEqual(await backend.audit.query({ agentId: "absent" }, { limit: 1 }), { items: [] });
    },
  },
  {
    id: "audit.paging.limit",
    title: "a page has 100 items unless told; 1 to 1000 may be asked for, and nothing else",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(1001));
      assert.equal((await backend.audit.query()).items.length, 100);
      assert.equal((await backend.audit.query({}, { limit: 1 })).items.length, 1);
      const { items, next } = await backend.audit.query({}, { limit: 1000 });
      assert.equal(items.length, 1000);
      assert.equal((await backend.audit.query({}, { limit: 1000, cursor: next })).items.length, 1);
      for (const limit of [0, -1, 1001, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "10", null]) {
        await rejects(() => backend.audit.query({}, { limit: limit as number }), "invalid_argument", {
          option: "page.limit",
        });
      }
    },
  },
  {
    id: "audit.paging.limit-may-change",
    title: "the limit may change from page to page",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(10));
      const first = await backend.audit.query({}, { limit: 2, order: "oldest" });
      const second = await backend.audit.query({}, { limit: 5, order: "oldest", cursor: first.next });
      assert.deepEqual(
        second.items.map((item) => item.eventId),
        [2, 3, 4, 5, 6].map(uuid),
      );
    },
  },
  {
    id: "audit.paging.foreign-cursor",
    title: "a cursor of another filter, another order or another collection is refused",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(5));
      await backend.agents.register({ agentId: "a" });
      await backend.agents.register({ agentId: "b" });
      const { next: cursor } = await backend.audit.query({ agentId: "agent-1" }, { limit: 2 });
      const { next: agents } = await backend.agents.list({}, { limit: 1 });
      assert.ok(cursor !== undefined && agents !== undefined);
      const refused: [AuditFilter, AuditPageRequest][] = [
        [{}, { cursor }],
        [{ agentId: "agent-2" }, { cursor }],
        [{ agentId: "agent-1", decision: "allow" }, { cursor }],
        [{ agentId: "agent-1", to: new Date(NOW) }, { cursor }],
        [{ teamId: "agent-1" }, { cursor }],
        [{ agentId: "agent-1" }, { cursor, order: "oldest" }],
        [{}, { cursor: agents }],
      ];
      for (const [filter, page] of refused) {
        await rejects(() => backend.audit.query(filter, page), "invalid_argument", /cursor belongs to another/);
      }
      const same = await backend.audit.query({ agentId: ["agent-1", "agent-1"] }, { cursor, order: "newest" });
      assert.equal(same.items.length, 3);
    },
  },
  {
    id: "audit.paging.damaged-cursor",
    title: "a damaged, cut, empty or made-up cursor is refused and never read as a start",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(5));
      const { next } = await backend.audit.query({}, { limit: 2 });
      assert.ok(next !== undefined);
      const middle = Math.floor(next.length / 2);
      const flipped = `${next.slice(0, middle)}${next[middle] === "A" ? "B" : "A"}${next.slice(middle + 1)}`;
      const made = Buffer.from(JSON.stringify([1, "x", 0, uuid(0)])).toString("base64url");
      const bad = [
        "",
        " ",
        next.slice(0, -1),
        next.slice(1),
        `${next}A`,
        ` ${next}`,
        `${next}=`,
        flipped,
        made,
        "null",
        "\u0000",
      ];
      for (const cursor of bad) {
        await rejects(() => backend.audit.query({}, { limit: 2, cursor }), "invalid_argument", /cursor/);
      }
      for (const cursor of [null, 7, {}, [next]]) {
        await rejects(() => backend.audit.query({}, { cursor: cursor as string }), "invalid_argument", /cursor/);
      }
    },
  },
  {
    id: "audit.paging.unknown-key",
    title: "an unknown page key or order is refused with a hint",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const page = { limits: 5 } as AuditPageRequest;
      await rejects(
        () => backend.audit.query({}, page),
        "invalid_argument",
        /unknown key "limits".*Did you mean "limit"/,
      );
      const order = { order: "newst" } as unknown as AuditPageRequest;
      await rejects(() => backend.audit.query({}, order), "invalid_argument", /page\.order.*Did you mean "newest"/);
      await rejects(() => backend.audit.query({}, null as unknown as AuditPageRequest), "invalid_argument", /page/);
    },
  },
]);
