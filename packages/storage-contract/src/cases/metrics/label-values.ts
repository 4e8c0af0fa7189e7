import assert from "node:assert/strict";
import type { MetricDimension } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event } from "../../support/fixtures.js";
import { at, recorded } from "./support.js";

/** The values of one dimension of a metric. */
export const labelValueCases = defineCases([
  {
    id: "metrics.label-values.order",
    title: "values are ordered by their samples, then by code point, with null for the samples without one",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        ...["b", "a", "\u{10000}", "\uffff", "b", "c"].map((agentId, n) => at(n, 1, { agentId, teamId: "t" })),
        at(0, 1, { agentId: "c", labels: { model: "x", __proto: "y" } }),
        at(0, 1),
        at(0, 1, { agentId: "z", metric: "n", labels: { model: "other" } }),
      ]);
      const by = async (dimension: MetricDimension) => {
        const { values, total } = await backend.metrics.labelValues({ metric: "m", by: dimension });
        assert.equal(total, values.length);
        return values.map(({ value, samples }) => [value, samples]);
      };
      assert.deepEqual(await by("agentId"), [
        ["b", 2],
        ["c", 2],
        ["a", 1],
        ["\uffff", 1],
        ["\u{10000}", 1],
        [null, 1],
      ]);
      assert.deepEqual(await by("teamId"), [
        ["t", 6],
        [null, 2],
      ]);
      assert.deepEqual(await by("labels.model"), [
        [null, 7],
        ["x", 1],
      ]);
      assert.deepEqual(await by("labels.absent"), [[null, 8]]);
      assert.deepEqual(await by("labels.toString"), [[null, 8]]);
    },
  },
  {
    id: "metrics.label-values.limit",
    title: "at most limit values are returned, 100 by default, and the total counts all of them",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const name = (n: number): string => `a${String(n).padStart(3, "0")}`;
      const samples = Array.from({ length: 150 }, (_, n) => at(n, 1, { agentId: name(n) }));
      await recorded(backend, [...samples, at(0, 1, { agentId: name(149) })]);
      const of = async (limit?: number) => {
        const { values, total } = await backend.metrics.labelValues({ metric: "m", by: "agentId", limit });
        assert.equal(total, 150);
        return values.map(({ value }) => value);
      };
      const expected = [name(149), ...Array.from({ length: 149 }, (_, n) => name(n))];
      assert.deepEqual(await of(), expected.slice(0, 100));
      assert.deepEqual(await of(1), expected.slice(0, 1));
      assert.deepEqual(await of(10_000), expected);
    },
  },
  {
    id: "metrics.label-values.no-samples",
    title: "a metric without samples has no values, known or not",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      await metrics.define({ name: "m", kind: "gauge" });
      for (const metric of ["m", "unknown", "events"]) {
        assert.deepEqual(await metrics.labelValues({ metric, by: "agentId" }), { values: [], total: 0 }, metric);
      }
    },
  },
  {
    id: "metrics.label-values.event-metrics",
    title: "the values of metrics that come from events are counted in the log",
    async run({ storage }) {
      const { metrics, audit } = await storage(ANY_TIME);
      await audit.append([
        event(0, { agentId: "b", payload: { tool: "search" } }),
        event(1, { agentId: "a", payload: { tool: "mail" }, dryRun: true }),
        event(2, { agentId: "b", payload: { tool: "mail" } }),
        event(3, { agentId: "c", action: "message", decision: "deny" }),
      ]);
      const of = async (metric: string, by: MetricDimension, limit?: number) => {
        const { values, total } = await metrics.labelValues({ metric, by, limit });
        return [values.map(({ value, samples }) => [value, samples]), total];
      };
      assert.deepEqual(await of("events", "agentId"), [
        [
          ["b", 2],
          ["a", 1],
          ["c", 1],
        ],
        3,
      ]);
      assert.deepEqual(await of("events", "agentId", 1), [[["b", 2]], 3]);
      assert.deepEqual(await of("tool.calls", "labels.tool"), [
        [
          ["mail", 2],
          ["search", 1],
        ],
        2,
      ]);
      assert.deepEqual(await of("events", "labels.dryRun"), [
        [
          ["false", 3],
          ["true", 1],
        ],
        2,
      ]);
      assert.deepEqual(await of("denials", "labels.tool"), [[[null, 1]], 1]);
      assert.deepEqual(await of("denials", "teamId"), [[[null, 1]], 1]);
    },
  },
  {
    id: "metrics.label-values.bad",
    title: "an unknown dimension and a bad limit are refused, with a hint where one word is close",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      const bad: [Record<string, unknown>, RegExp, string][] = [
        [{ by: "agentID" }, /Did you mean "agentId"/, "request.by"],
        [{ by: "model" }, /unknown dimension/, "request.by"],
        [{ by: undefined }, /unknown dimension/, "request.by"],
        [{ by: "labels." }, /must not be empty/, "request.by"],
        [{ by: ["agentId"] }, /unknown dimension/, "request.by"],
        [{ limit: 0 }, /whole number from 1 to 10000/, "request.limit"],
        [{ limit: 10_001 }, /whole number from 1 to 10000/, "request.limit"],
        [{ limit: 1.5 }, /whole number/, "request.limit"],
        [{ metric: "" }, /must not be empty/, "request.metric"],
        [{ label: "model" }, /unknown key "label"/, "request.label"],
        [{ metric: "events", by: "labels.tol" }, /Did you mean "tool"/, "request.by"],
      ];
      for (const [members, message, option] of bad) {
        const request = { metric: "m", by: "agentId", ...members };
        await rejects(() => metrics.labelValues(request as never), "invalid_argument", { message, option });
      }
      await rejects(() => metrics.labelValues(undefined as never), "invalid_argument", { option: "request" });
    },
  },
]);
