import assert from "node:assert/strict";
import {
  isStorageError,
  type MetricDefinition,
  type Partition,
  type StorageBackend,
} from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME } from "../../support/fixtures.js";
import { assertUnsupported, reopened } from "../durability.js";
import { ROUNDS } from "../races.js";
import { type Handles, onTwoHandles } from "../two-handles.js";
import { amount, at, HOUR, MINUTE, over, recorded } from "./support.js";

const COUNTER: MetricDefinition = { name: "m", kind: "cumulative", unit: "USD", decimals: 2 };

/** A counter that rose by 1.25, and a metric without a definition. */
async function withCounter(backend: StorageBackend): Promise<void> {
  await backend.metrics.define(COUNTER);
  await recorded(backend, [
    at(0, 1, { agentId: "a" }),
    at(MINUTE, 1.25, { agentId: "a" }),
    at(0, 0.125, { metric: "n" }),
  ]);
}

/** The definition, the list and the counter go on as {@link withCounter} left them. */
async function assertContinues(backend: StorageBackend): Promise<void> {
  const { metrics } = backend;
  assert.deepEqual(await metrics.define(COUNTER), COUNTER);
  await rejects(() => metrics.define({ ...COUNTER, decimals: 1 }), "conflict", /2 decimals/);
  await rejects(() => metrics.define({ name: "n", kind: "delta", decimals: 3 }), "conflict", /already has samples/);
  const late = await metrics.record([at(MINUTE - 1, 1.2, { agentId: "a" }), at(HOUR, 0.125, { agentId: "a" })]);
  assert.deepEqual(
    late.rejected.map(({ code }) => code),
    ["out_of_order", "invalid_argument"],
  );
  await recorded(backend, [at(HOUR, 2.05, { agentId: "a" })]);
  assert.deepEqual(await amount(backend, over(HOUR, 2 * HOUR)), [0.8, "0.80"]);
  const own = (await metrics.list()).filter(({ source }) => source === "recorded");
  assert.deepEqual(own, [
    {
      ...COUNTER,
      source: "recorded",
      samples: 3,
      first: at(0, 0).ts,
      last: at(HOUR, 0).ts,
      agents: 1,
      teams: 0,
      labels: {},
    },
    {
      name: "n",
      source: "recorded",
      samples: 1,
      first: at(0, 0).ts,
      last: at(0, 0).ts,
      agents: 0,
      teams: 0,
      labels: {},
    },
  ]);
}

/** Readings at once, through all handles: none counts twice, and what a late one had risen is in the next. */
async function raceReadings(handles: Handles): Promise<void> {
  const [{ metrics }] = handles;
  await metrics.define({ name: "m", kind: "cumulative" });
  for (let round = 0; round < ROUNDS; round++) {
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, n) => {
        const reading = round * 10 + n + 1;
        const handle = handles[n % handles.length] ?? handles[0];
        return handle.metrics.record([at(reading, reading), at(reading, reading * 2, { agentId: "a" })]);
      }),
    );
    const rejected = results.flatMap((result) => result.rejected);
    assert.ok(rejected.every(({ code }) => code === "out_of_order"));
    assert.equal(results.reduce((sum, result) => sum + result.recorded, 0) + rejected.length, 20);
    // The newest reading of each counter is never late.
    const risen = (round + 1) * 10;
    for (const backend of handles) assert.deepEqual(await amount(backend, over(0, HOUR)), [3 * risen, undefined]);
  }
}

/** A sample that the definition would refuse, and the definition, which the sample would refuse: one of them comes first. */
async function raceDefinition(handles: Handles): Promise<void> {
  const [one] = handles;
  const other = handles.at(-1) ?? one;
  for (let round = 0; round < ROUNDS; round++) {
    const metric = `m${round}`;
    const defining = one.metrics.define({ name: metric, kind: "delta", decimals: 1 }).then(
      () => true,
      (error: unknown) => {
        assert.ok(isStorageError(error, "conflict"), String(error));
        return false;
      },
    );
    const [isDefined, { recorded: count }] = await Promise.all([
      defining,
      other.metrics.record([at(0, 0.25, { metric })]),
    ]);
    assert.equal(count, isDefined ? 0 : 1, metric);
    const [info] = await other.metrics.list({ prefix: metric });
    assert.deepEqual([info?.samples, info?.decimals], isDefined ? [0, 1] : [1, undefined], metric);
  }
}

/** What outlives a process, a partition and a race. */
export const lastingCases = defineCases([
  {
    id: "metrics.lasting.reopened",
    title: "definitions, counters and the list are the same after closing and opening again",
    requires: "metricsPersistence",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      await withCounter(backend);
      const again = await reopened(harness, backend, ANY_TIME);
      try {
        await assertContinues(again);
      } finally {
        await again.close();
      }
    },
    async refusal({ storage }) {
      const backend = await storage(ANY_TIME);
      assertUnsupported(backend, "metricsPersistence");
      await withCounter(backend);
      await assertContinues(backend);
    },
  },
  {
    id: "metrics.lasting.dropped-partitions",
    title: "definitions, counters and the list go on when the samples are dropped",
    requires: "metricsPersistence",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await withCounter(backend);
      const [partition] = (await backend.partitions.list("metrics")) as [Partition];
      assert.deepEqual(await backend.partitions.drop(partition, { expect: { rows: 3 } }), { rows: 3 });
      await assertContinues(backend);
    },
    async refusal({ storage }) {
      const { metrics, partitions } = await storage(ANY_TIME);
      await metrics.record([at(0, 1)]);
      assert.deepEqual(await partitions.list("metrics"), []);
    },
  },
  {
    id: "metrics.lasting.racing-readings",
    title: "readings recorded at once add up to the newest one, whatever their order",
    run: async ({ storage }) => raceReadings([await storage(ANY_TIME)]),
  },
  {
    id: "metrics.lasting.racing-readings-of-two-handles",
    title: "through two handles: readings recorded at once add up to the newest one",
    requires: "metricsPersistence",
    run: (context) => onTwoHandles(context, raceReadings),
    refusal: async ({ storage }) => assertUnsupported(await storage(ANY_TIME), "metricsPersistence"),
  },
  {
    id: "metrics.lasting.racing-definition",
    title: "of a definition and a sample that refuse each other exactly one is stored",
    run: async ({ storage }) => raceDefinition([await storage(ANY_TIME)]),
  },
  {
    id: "metrics.lasting.racing-definition-of-two-handles",
    title: "through two handles: of a definition and a sample that refuse each other exactly one is stored",
    requires: "metricsPersistence",
    run: (context) => onTwoHandles(context, raceDefinition),
    refusal: async ({ storage }) => assertUnsupported(await storage(ANY_TIME), "metricsPersistence"),
  },
]);
