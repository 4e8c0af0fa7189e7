import assert from "node:assert/strict";
import { EVENT_METRICS, type MetricInfo } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, events } from "../../support/fixtures.js";
import { at, DAY, HOUR, recorded } from "./support.js";

const names = (infos: readonly MetricInfo[]): string[] => infos.map(({ name }) => name);

/** The list of metrics. */
export const listCases = defineCases([
  {
    id: "metrics.list.order",
    title: "metrics are listed by code point: declared ones, recorded ones, and those that come from events",
    async run({ storage }) {
      const { metrics, ...backend } = await storage(ANY_TIME);
      const own = ["A", "a", "a'b", "event", "eventsx", "z", "é", "\uffff", "\u{10000}"];
      const shuffled = own.map((_, n) => own[(n * 4) % own.length] as string);
      for (const [n, name] of shuffled.entries()) {
        if (n % 2 === 0) await metrics.define({ name, kind: "gauge" });
        else assert.equal((await metrics.record([at(0, 1, { metric: name })])).recorded, 1);
      }
      await backend.audit.append(events(2));
      const all = ["A", "a", "a'b", "approvals.latency", "denials", "event", "events", "eventsx", "tool.calls"];
      assert.deepEqual(names(await metrics.list()), [...all, "z", "é", "\uffff", "\u{10000}"]);
    },
  },
  {
    id: "metrics.list.prefix",
    title: "a prefix is compared character by character: %, _, \\ and case stand for themselves",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { metrics } = backend;
      const own = ["a%b", "a%c", "aXb", "a_b", "a\\b", "a\\%", "A%b", "[a]", "é", "e\u0301"];
      await recorded(
        backend,
        own.map((metric, n) => at(n, 1, { metric })),
      );
      const expected: [string, string[]][] = [
        ["a%", ["a%b", "a%c"]],
        ["a_", ["a_b"]],
        ["a\\", ["a\\%", "a\\b"]],
        ["a\\%", ["a\\%"]],
        ["A", ["A%b"]],
        ["[a", ["[a]"]],
        ["%", []],
        ["e\u0301", ["e\u0301"]],
        ["é", ["é"]],
        ["aXb", ["aXb"]],
        ["aXbc", []],
        ["event", ["events"]],
        ["d", ["denials"]],
      ];
      for (const [prefix, found] of expected) assert.deepEqual(names(await metrics.list({ prefix })), found, prefix);
      const all = await metrics.list();
      assert.equal(all.length, own.length + Object.keys(EVENT_METRICS).length);
      assert.deepEqual(await metrics.list({ prefix: undefined }), all);
      assert.deepEqual(await metrics.list({ prefix: "" }), all);
      await rejects(() => metrics.list({ prefix: 7 } as never), "invalid_argument", { option: "request.prefix" });
      await rejects(() => metrics.list({ prefx: "a" } as never), "invalid_argument", /Did you mean "prefix"/);
      await rejects(() => metrics.list("a" as never), "invalid_argument", { option: "request" });
    },
  },
  {
    id: "metrics.list.counts",
    title: "each metric has the number of its samples, agents, teams and label values, and its first and last time",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "delta", unit: "tokens", decimals: 1 });
      await recorded(backend, [
        at(HOUR, 1, { agentId: "a", teamId: "t", labels: { model: "x", region: "eu" } }),
        at(3 * DAY, 2, { agentId: "b", labels: { model: "y" } }),
        at(-DAY, 4, { agentId: "a", teamId: "t", labels: { model: "x" } }),
        at(0, 8),
        at(5, 1, { metric: "n" }),
      ]);
      await recorded(backend, [at(HOUR, 1, { agentId: "a", labels: { model: "z" } })]);
      assert.deepEqual(await backend.metrics.list({ prefix: "m" }), [
        {
          name: "m",
          source: "recorded",
          kind: "delta",
          unit: "tokens",
          decimals: 1,
          samples: 5,
          first: at(-DAY, 0).ts,
          last: at(3 * DAY, 0).ts,
          agents: 2,
          teams: 1,
          labels: { model: 3, region: 1 },
        },
      ]);
      const instant = at(5, 0).ts;
      assert.deepEqual(await backend.metrics.list({ prefix: "n" }), [
        { name: "n", source: "recorded", samples: 1, first: instant, last: instant, agents: 0, teams: 0, labels: {} },
      ]);
    },
  },
  {
    id: "metrics.list.label-names",
    title: "labels of any name are counted, those of objects' own members included",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const labels = Object.fromEntries(
        ["__proto__", "toString", "10", "9", "a.b", "'\"\\"].map((name) => [name, "v"]),
      );
      await recorded(backend, [at(0, 1, { labels }), at(0, 1, { labels: { "9": "w" } })]);
      const [info] = await backend.metrics.list({ prefix: "m" });
      assert.deepEqual(
        Object.entries(info?.labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)),
        [
          ["'\"\\", 1],
          ["10", 1],
          ["9", 2],
          ["__proto__", 1],
          ["a.b", 1],
          ["toString", 1],
        ],
      );
    },
  },
  {
    id: "metrics.list.declared-without-samples",
    title: "a declared metric without samples is listed without times; a refused sample does not count",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      await metrics.define({ name: "m", kind: "cumulative", unit: "bytes" });
      await metrics.record([at(0, -1)]);
      assert.deepEqual(await metrics.list({ prefix: "m" }), [
        {
          name: "m",
          source: "recorded",
          kind: "cumulative",
          unit: "bytes",
          samples: 0,
          agents: 0,
          teams: 0,
          labels: {},
        },
      ]);
    },
  },
  {
    id: "metrics.list.event-metrics",
    title: "metrics that come from events are listed with their labels, uncounted, whatever the log holds",
    async run({ storage }) {
      const { metrics, audit } = await storage(ANY_TIME);
      const before = await metrics.list();
      assert.deepEqual(names(before), Object.keys(EVENT_METRICS).toSorted());
      await audit.append(events(3));
      assert.deepEqual(await metrics.list(), before);
      for (const info of before) {
        const { source, samples, agents, teams, labels, first, last } = info;
        assert.deepEqual(
          [source, samples, agents, teams, first, last],
          ["events", null, null, null, undefined, undefined],
        );
        for (const label of ["orgId", "sessionId", "action", "decision", "dryRun", "matchedRuleId", "tool"]) {
          assert.equal(labels[label], null, `${info.name}: ${label}`);
        }
        assert.equal("agentId" in labels || "teamId" in labels, false);
      }
      assert.deepEqual(
        before.map(({ name, kind, unit }) => [name, kind, unit]),
        [
          ["approvals.latency", "gauge", "ms"],
          ["denials", "delta", "events"],
          ["events", "delta", "events"],
          ["tool.calls", "delta", "events"],
        ],
      );
    },
  },
]);
