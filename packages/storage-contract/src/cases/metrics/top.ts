import assert from "node:assert/strict";
import type { MetricTop, MetricTopRequest, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, NOW } from "../../support/fixtures.js";
import { assertClose, at, HOUR, MINUTE, over, recorded, T0 } from "./support.js";

type Members = Omit<Partial<MetricTopRequest>, "from" | "to">;

function topOf({ metrics }: StorageBackend, members: Members = {}, from = 0, to = HOUR): Promise<MetricTop> {
  const { metric, from: start, to: end } = over(from, to);
  return metrics.top({ metric, from: start, to: end, by: "agentId", ...members });
}

/** `[values of the key..., value, share]` of each row. */
const rows = ({ rows: all }: MetricTop) => all.map(({ key, value, share }) => [...Object.values(key), value, share]);

/** The groups with the greatest values. */
export const topCases = defineCases([
  {
    id: "metrics.top.order-and-ties",
    title: "the greatest groups come first, of equal ones the first by code point, null last",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        at(-1, 64, { agentId: "before" }),
        at(0, 2, { agentId: "\u{10000}" }),
        at(0, 2, { agentId: "\uffff" }),
        at(0, 1, { agentId: "a" }),
        at(1, 1, { agentId: "a" }),
        at(1, 2),
        at(2, 8, { agentId: "b" }),
        at(3, 0, { agentId: "zero" }),
        at(HOUR, 64, { agentId: "after" }),
      ]);
      const top = await topOf(backend);
      assert.deepEqual(top, {
        rows: [
          { key: { agentId: "b" }, value: 8, share: 0.5 },
          { key: { agentId: "a" }, value: 2, share: 0.125 },
          { key: { agentId: "\uffff" }, value: 2, share: 0.125 },
          { key: { agentId: "\u{10000}" }, value: 2, share: 0.125 },
          { key: { agentId: null }, value: 2, share: 0.125 },
          { key: { agentId: "zero" }, value: 0, share: 0 },
        ],
        groups: 6,
        total: 16,
      });
    },
  },
  {
    id: "metrics.top.limit",
    title: "at most limit groups are returned, 10 by default; the number of groups and the total are those of all",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(
        backend,
        Array.from({ length: 32 }, (_, n) => at(n, 1, { agentId: `a${n + 10}`, teamId: "t" })),
      );
      for (const [limit, count] of [
        [undefined, 10],
        [1, 1],
        [1000, 32],
      ] as const) {
        const { rows: found, groups, total } = await topOf(backend, { limit });
        assert.equal(found.length, count);
        assert.deepEqual(
          found.map(({ key, share }) => [key.agentId, share]),
          Array.from({ length: count }, (_, n) => [`a${n + 10}`, 1 / 32]),
        );
        assert.deepEqual([groups, total], [32, 32]);
      }
    },
  },
  {
    id: "metrics.top.aggregates",
    title: "sum, count and rate add up to a total with shares; the other aggregates have neither",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const a = [1, 2, 5].map((value, n) => at(n, value, { agentId: "a" }));
      await recorded(backend, [
        ...a,
        at(0, 8, { agentId: "b" }),
        at(4, -8, { agentId: "b" }),
        at(5, 8, { agentId: "b" }),
      ]);
      const third = 8 / 3;
      const expected: [MetricTopRequest["aggregate"], string, number | null][] = [
        ["sum", "a 8 0.5, b 8 0.5", 16],
        ["count", "a 3 0.5, b 3 0.5", 6],
        ["rate", "a 1000 0.5, b 1000 0.5", 2000],
        ["avg", `a ${third} null, b ${third} null`, null],
        ["max", "b 8 null, a 5 null", null],
        ["min", "a 1 null, b -8 null", null],
        ["last", "b 8 null, a 5 null", null],
        ["p50", "b 8 null, a 2 null", null],
      ];
      for (const [aggregate, wanted, total] of expected) {
        const top = await topOf(backend, { aggregate }, 0, 8);
        const found = rows(top).map((row) => row.map(String).join(" "));
        assert.deepEqual([found.join(", "), top.total], [wanted, total], aggregate);
      }
    },
  },
  {
    id: "metrics.top.no-share",
    title: "there are no shares of a total of zero, and without samples there are no groups",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      assert.deepEqual(await topOf(backend), { rows: [], groups: 0, total: 0 });
      assert.deepEqual(await topOf(backend, { aggregate: "max", bucket: { every: "1m" } }), {
        rows: [],
        groups: 0,
        total: null,
      });
      await recorded(backend, [at(0, 4, { agentId: "a" }), at(0, -4, { agentId: "b" })]);
      const top = await topOf(backend);
      assert.deepEqual(
        [rows(top), top.total],
        [
          [
            ["a", 4, null],
            ["b", -4, null],
          ],
          0,
        ],
      );
    },
  },
  {
    id: "metrics.top.several-dimensions",
    title: "groups by several dimensions, labels included, and filters as queries do",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        at(0, 1, { agentId: "a", labels: { model: "x" } }),
        at(0, 2, { agentId: "a", labels: { model: "y" } }),
        at(0, 4, { agentId: "b", labels: { model: "x", region: "eu" } }),
        at(0, 8, { labels: { region: "eu" } }),
        at(0, 1, { agentId: "a", labels: { model: "x" } }),
      ]);
      const by = ["agentId", "labels.model"] as const;
      assert.deepEqual(rows(await topOf(backend, { by })), [
        [null, null, 8, 0.5],
        ["b", "x", 4, 0.25],
        ["a", "x", 2, 0.125],
        ["a", "y", 2, 0.125],
      ]);
      assert.deepEqual(Object.keys((await topOf(backend, { by })).rows[0]?.key ?? {}), by);
      assert.deepEqual(rows(await topOf(backend, { by: "labels.model", agentId: ["a", "b"] })), [
        ["x", 6, 0.75],
        ["y", 2, 0.25],
      ]);
      assert.deepEqual(rows(await topOf(backend, { by: ["labels.model"], labels: { region: "eu" } })), [
        [null, 8, 8 / 12],
        ["x", 4, 4 / 12],
      ]);
      assert.deepEqual(await topOf(backend, { agentId: [] }), { rows: [], groups: 0, total: 0 });
    },
  },
  {
    id: "metrics.top.points",
    title: "with a bucket each row has its points over the whole range, empty buckets as zero or null",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        at(0, 1, { agentId: "a" }),
        at(MINUTE, 2, { agentId: "a" }),
        at(3 * MINUTE - 1, 8, { agentId: "b" }),
        at(2 * MINUTE, 1),
        at(3 * MINUTE, 64, { agentId: "b" }),
      ]);
      const of = async (members: Members) => {
        const { rows: found } = await topOf(backend, { bucket: { every: "1m" }, ...members }, 1, 3 * MINUTE);
        return found.map(({ key, value, points = [] }) => {
          assert.deepEqual(
            points.map(({ ts }) => ts.getTime() - T0),
            [0, MINUTE, 2 * MINUTE],
          );
          return [key.agentId, value, ...points.map((point) => point.value)];
        });
      };
      assert.deepEqual(await of({}), [
        ["b", 8, 0, 0, 8],
        ["a", 2, 0, 2, 0],
        [null, 1, 0, 0, 1],
      ]);
      assert.deepEqual(await of({ limit: 1 }), [["b", 8, 0, 0, 8]]);
      assert.deepEqual(await of({ aggregate: "max", limit: 2 }), [
        ["b", 8, null, null, 8],
        ["a", 2, null, 2, null],
      ]);
      assert.deepEqual(await of({ aggregate: "count", agentId: "a" }), [["a", 1, 0, 1, 0]]);
    },
  },
  {
    id: "metrics.top.exact",
    title: "amounts are compared, added up and returned exactly, in the points too",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "delta", unit: "USD", decimals: 2 });
      await recorded(backend, [
        // The doubles nearest to these sums are one and the same.
        at(0, 1e18, { agentId: "a" }),
        at(0, 1e18, { agentId: "b" }),
        at(MINUTE, 0.01, { agentId: "b" }),
        at(0, 0.1, { agentId: "c" }),
        at(0, 0.2, { agentId: "c" }),
      ]);
      const top = await topOf(backend, { bucket: { every: "1m" } }, 0, 2 * MINUTE);
      assert.equal(top.unit, "USD");
      assert.deepEqual(
        top.rows.map(({ key, value, exact, points }) => [key.agentId, value, exact, points?.map((one) => one.exact)]),
        [
          ["b", 1e18, "1000000000000000000.01", ["1000000000000000000.00", "0.01"]],
          ["a", 1e18, "1000000000000000000.00", ["1000000000000000000.00", "0.00"]],
          ["c", 0.3, "0.30", ["0.30", "0.00"]],
        ],
      );
      assert.deepEqual((await topOf(backend, { agentId: "c" })).total, 0.3);
      const rate = await topOf(backend, { aggregate: "rate", agentId: "c" });
      assert.equal(rate.unit, "USD/s");
      assertClose(rate.total, 0.3 / 3600, "rate");
      assert.equal("unit" in (await topOf(backend, { aggregate: "count" })), false);
    },
  },
  {
    id: "metrics.top.event-metrics",
    title: "metrics that come from events have greatest groups too",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const tool = (n: number, name: string, offset: number) =>
        event(n, { ts: new Date(NOW + offset), payload: { tool: name }, decision: n === 1 ? "deny" : "allow" });
      await backend.audit.append([
        tool(0, "mail", 0),
        tool(1, "search", 0),
        tool(2, "search", MINUTE),
        tool(3, "search", 2 * MINUTE),
        event(4, { ts: new Date(NOW), action: "message" }),
      ]);
      const request = { from: new Date(NOW), to: new Date(NOW + 2 * MINUTE), by: "labels.tool" } as const;
      assert.deepEqual(await backend.metrics.top({ metric: "tool.calls", ...request, bucket: { every: "1m" } }), {
        rows: [
          {
            key: { "labels.tool": "search" },
            value: 2,
            share: 2 / 3,
            points: [
              { ts: new Date(NOW), value: 1 },
              { ts: new Date(NOW + MINUTE), value: 1 },
            ],
          },
          {
            key: { "labels.tool": "mail" },
            value: 1,
            share: 1 / 3,
            points: [
              { ts: new Date(NOW), value: 1 },
              { ts: new Date(NOW + MINUTE), value: 0 },
            ],
          },
        ],
        groups: 2,
        total: 3,
        unit: "events",
      });
      assert.deepEqual(rows(await backend.metrics.top({ metric: "events", ...request, limit: 2 })), [
        ["search", 2, 0.5],
        ["mail", 1, 0.25],
      ]);
      assert.deepEqual(rows(await backend.metrics.top({ metric: "denials", ...request })), [["search", 1, 1]]);
    },
  },
  {
    id: "metrics.top.bad",
    title: "a request that can never be answered is refused by the member at fault",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [at(0, 1)]);
      const bad: [Record<string, unknown>, RegExp, string][] = [
        [{ by: undefined }, /unknown dimension/, "request.by"],
        [{ by: [] }, /at least one dimension/, "request.by"],
        [{ by: ["agentId", "agentId"] }, /twice/, "request.by"],
        [{ by: "agent" }, /Known: agentId, teamId/, "request.by"],
        [{ limit: 0 }, /whole number from 1 to 1000/, "request.limit"],
        [{ limit: 1001 }, /whole number from 1 to 1000/, "request.limit"],
        [{ aggregate: "summ" }, /Did you mean "sum"/, "request.aggregate"],
        [{ bucket: { every: "7m" } }, /divides a day/, "request.bucket.every"],
        [{ fill: "zero" }, /unknown key "fill"/, "request.fill"],
        [{ from: "2026-01-01" }, /valid Date/, "request.from"],
        [{ to: new Date(T0) }, /later than request.from/, "request.to"],
        [{ metric: "" }, /must not be empty/, "request.metric"],
        [{ bucket: { every: "1s" }, limit: 1000 }, /more than 100000 points/, "request"],
        [{ metric: "events", by: "labels.tol" }, /Did you mean "tool"/, "request.by"],
        [{ metric: "events", labels: { nope: "x" } }, /Known: .*tool/, "request.labels"],
      ];
      for (const [members, message, option] of bad) {
        await rejects(() => topOf(backend, members as Members), "invalid_argument", { message, option });
      }
      await rejects(() => backend.metrics.top(undefined as never), "invalid_argument", { option: "request" });
    },
  },
]);
