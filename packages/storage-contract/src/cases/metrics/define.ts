import assert from "node:assert/strict";
import {
  EVENT_METRICS,
  type MetricDefinition,
  type MetricInfo,
  type StorageBackend,
} from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME } from "../../support/fixtures.js";
import { oneWins, ROUNDS } from "../races.js";
import { onTwoHandles, refusedSecond } from "../two-handles.js";
import { amount, at, HOUR, over, recorded } from "./support.js";

/** What is listed of metrics that do not come from events. */
async function ownMetrics({ metrics }: StorageBackend): Promise<MetricInfo[]> {
  return (await metrics.list()).filter(({ source }) => source === "recorded");
}

const UNUSED = { source: "recorded", samples: 0, agents: 0, teams: 0, labels: {} } as const;

/** Definitions that are refused, with what the error says and the option that it names. */
const BAD: [unknown, RegExp, string][] = [
  [undefined, /definition must be an object/, "definition"],
  [null, /definition must be an object/, "definition"],
  ["m", /definition must be an object/, "definition"],
  [[], /definition must be an object/, "definition"],
  [{ kind: "gauge" }, /name must be a string/, "definition.name"],
  [{ name: "", kind: "gauge" }, /name must not be empty/, "definition.name"],
  [{ name: 7, kind: "gauge" }, /name must be a string/, "definition.name"],
  [{ name: "a\u0000", kind: "gauge" }, /U\+0000/, "definition.name"],
  [{ name: "x".repeat(513), kind: "gauge" }, /512/, "definition.name"],
  [{ name: "m" }, /kind must be one of gauge, delta, cumulative/, "definition.kind"],
  [{ name: "m", kind: "counter" }, /kind must be one of gauge, delta, cumulative/, "definition.kind"],
  [{ name: "m", kind: "gague" }, /Did you mean "gauge"/, "definition.kind"],
  [{ name: "m", kind: "Delta" }, /Did you mean "delta"/, "definition.kind"],
  [{ name: "m", kind: "delta", decimals: 1.5 }, /whole number from 0 to 12/, "definition.decimals"],
  [{ name: "m", kind: "delta", decimals: -1 }, /whole number from 0 to 12/, "definition.decimals"],
  [{ name: "m", kind: "delta", decimals: 13 }, /whole number from 0 to 12/, "definition.decimals"],
  [{ name: "m", kind: "delta", decimals: Number.NaN }, /whole number from 0 to 12/, "definition.decimals"],
  [{ name: "m", kind: "delta", decimals: "2" }, /whole number from 0 to 12/, "definition.decimals"],
  [{ name: "m", kind: "delta", decimals: null }, /whole number from 0 to 12/, "definition.decimals"],
  [{ name: "m", kind: "delta", unit: "" }, /unit must not be empty/, "definition.unit"],
  [{ name: "m", kind: "delta", unit: 7 }, /unit must be a string/, "definition.unit"],
  [{ name: "m", kind: "delta", unit: "x".repeat(31) }, /at most 30 characters/, "definition.unit"],
  [{ name: "m", kind: "delta", decimal: 2 }, /Did you mean "decimals"/, "definition.decimal"],
  [{ name: "m", kind: "delta", help: "tokens" }, /unknown key "help"/, "definition.help"],
];

/** Declarations of metrics: what they are checked for, and when they are refused. */
export const defineMetricCases = defineCases([
  {
    id: "metrics.define.idempotent",
    title: "a declaration is returned as it is stored and listed, and may be repeated",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const definitions: MetricDefinition[] = [
        { name: "a", kind: "gauge" },
        { name: "b", kind: "delta", unit: "USD", decimals: 0 },
        { name: "c'\"; --", kind: "cumulative", unit: "\u{1f600}%_\\", decimals: 12 },
        { name: "d", kind: "delta", unit: "x".repeat(30) },
        { name: "toString", kind: "gauge" },
      ];
      for (let time = 0; time < 2; time++) {
        for (const definition of definitions) {
          assert.deepEqual(await backend.metrics.define(definition), definition);
        }
        assert.deepEqual(
          await ownMetrics(backend),
          definitions.map((definition) => ({ ...definition, ...UNUSED })),
        );
      }
      const absent = { name: "a", kind: "gauge", unit: undefined, decimals: undefined } as const;
      assert.deepEqual(await backend.metrics.define(absent), { name: "a", kind: "gauge" });
    },
  },
  {
    id: "metrics.define.conflict",
    title: "declaring a metric otherwise is a conflict that says how it is declared, and changes nothing",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { metrics } = backend;
      const first = { name: "m", kind: "delta", unit: "USD", decimals: 2 } as const;
      await metrics.define(first);
      const others: MetricDefinition[] = [
        { ...first, unit: "EUR" },
        { ...first, unit: "usd" },
        { ...first, unit: undefined },
        { ...first, kind: "gauge" },
        { ...first, kind: "cumulative" },
        { ...first, decimals: 3 },
        { ...first, decimals: 0 },
        { ...first, decimals: undefined },
      ];
      const refused = async () => {
        for (const other of others) {
          await rejects(() => metrics.define(other), "conflict", /"m".*delta, unit "USD", 2 decimals/);
        }
      };
      await refused();
      assert.deepEqual(await ownMetrics(backend), [{ ...first, ...UNUSED }]);
      await recorded(backend, [at(0, 0.25)]);
      assert.equal((await metrics.record([at(0, 0.125)])).recorded, 0);
      await refused();
      assert.deepEqual(await amount(backend, over(0, HOUR)), [0.25, "0.25"]);
      assert.deepEqual(await metrics.define(first), first);
    },
  },
  {
    id: "metrics.define.reserved-names",
    title: "the names of metrics that come from events can neither be declared nor recorded",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { metrics } = backend;
      const listed = await metrics.list();
      for (const name of Object.keys(EVENT_METRICS)) {
        const definition = { name, kind: "delta" } as const;
        await rejects(() => metrics.define(definition), "invalid_argument", {
          message: /audit log/,
          option: "definition.name",
        });
        const { recorded: count, rejected } = await metrics.record([at(0, 1, { metric: name }), at(0, 1)]);
        assert.equal(count, 1);
        assert.deepEqual(
          rejected.map(({ index, code }) => [index, code]),
          [[0, "invalid_argument"]],
        );
        assert.match(rejected[0]?.reason ?? "", /audit log/);
        assert.deepEqual(await metrics.query(over(0, HOUR, { metric: name })), []);
      }
      await metrics.define({ name: "Events", kind: "delta" });
      assert.deepEqual(
        (await metrics.list()).filter(({ source }) => source === "events"),
        listed,
      );
    },
  },
  {
    id: "metrics.define.after-samples",
    title: "decimals and the kind cumulative are a conflict once there are samples; a unit and the other kinds are not",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { metrics } = backend;
      await recorded(backend, [at(0, 0.125), at(0, 1, { metric: "n" })]);
      const undeclared = await ownMetrics(backend);
      const changes: Partial<MetricDefinition>[] = [
        { decimals: 2 },
        { decimals: 0, kind: "gauge" },
        { kind: "cumulative" },
        { kind: "cumulative", decimals: 2, unit: "USD" },
      ];
      for (const change of changes) {
        const definition: MetricDefinition = { name: "m", kind: "delta", ...change };
        await rejects(() => metrics.define(definition), "conflict", /"m" already has samples/);
      }
      assert.deepEqual(await ownMetrics(backend), undeclared);
      await recorded(backend, [at(1, 0.0625)]);
      await metrics.define({ name: "m", kind: "gauge", unit: "USD" });
      await metrics.define({ name: "n", kind: "delta" });
      assert.deepEqual(await amount(backend, over(0, HOUR)), [0.1875, undefined]);
      assert.equal((await metrics.query(over(0, HOUR)))[0]?.unit, "USD");
      assert.deepEqual(
        (await ownMetrics(backend)).map(({ name, kind, unit, samples }) => [name, kind, unit, samples]),
        [
          ["m", "gauge", "USD", 2],
          ["n", "delta", undefined, 1],
        ],
      );
    },
  },
  {
    id: "metrics.define.after-refused-samples",
    title: "samples that were all refused are none",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      assert.equal((await metrics.record([at(0, Number.NaN)])).recorded, 0);
      const definition = { name: "m", kind: "cumulative", decimals: 1 } as const;
      assert.deepEqual(await metrics.define(definition), definition);
    },
  },
  {
    id: "metrics.define.bad",
    title: "a bad definition is refused by the member at fault, and nothing is stored",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      for (const [definition, message, option] of BAD) {
        await rejects(() => backend.metrics.define(definition as never), "invalid_argument", { message, option });
      }
      assert.deepEqual(await ownMetrics(backend), []);
    },
  },
  {
    id: "metrics.define.race",
    title: "of different definitions declared at once one is stored, and the others are conflicts",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      for (let round = 0; round < ROUNDS; round++) {
        const name = `m${round}`;
        const calls = [0, 1, 2, 3].map((decimals) => backend.metrics.define({ name, kind: "delta", decimals }));
        const stored = await oneWins(calls);
        const [info] = await backend.metrics.list({ prefix: name });
        assert.deepEqual(info, { ...stored, ...UNUSED });
      }
    },
  },
  {
    id: "metrics.define.other-handle",
    title: "a definition applies to every handle on the data at once, also to one that has recorded before",
    requires: "metricsPersistence",
    async run(context) {
      await onTwoHandles(context, async ([one, other]) => {
        await recorded(one, [at(0, 1, { metric: "n" })]);
        await recorded(other, [at(0, 1, { metric: "n" })]);
        await one.metrics.define({ name: "m", kind: "delta", decimals: 1 });
        await rejects(() => other.metrics.define({ name: "m", kind: "gauge" }), "conflict", /1 decimals/);
        const { recorded: count, rejected } = await other.metrics.record([at(0, 0.25), at(0, 0.5)]);
        assert.equal(count, 1);
        assert.deepEqual(
          rejected.map(({ index, code }) => [index, code]),
          [[0, "invalid_argument"]],
        );
        for (const backend of [one, other]) assert.deepEqual(await amount(backend, over(0, HOUR)), [0.5, "0.5"]);
        await rejects(() => other.metrics.define({ name: "n", kind: "cumulative" }), "conflict", /samples/);
      });
    },
    refusal: async (context) => {
      const { capabilities, metrics } = await context.storage(ANY_TIME);
      if (capabilities.multiProcess.status === "unsupported") return refusedSecond(context);
      // Each process has metrics of its own.
      await metrics.define({ name: "m", kind: "delta", decimals: 1 });
      await onTwoHandles(context, async ([, other]) => {
        assert.deepEqual(await ownMetrics(other), []);
        await recorded(other, [at(0, 0.25)]);
      });
    },
  },
]);
