import assert from "node:assert/strict";
import type { PartitionMeasure, StorageBackend } from "@agent-assembly/storage-core";
import type { MeasureRequest } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, NOW } from "../../support/fixtures.js";

const DAY = 86_400_000;
const START = Math.floor(NOW / DAY) * DAY;

/** Unlike many on days far apart. */
async function filled(backend: StorageBackend) {
  const days = [-400, -300, -200, -100].map((n) => START + n * DAY);
  await backend.audit.append(
    days.flatMap((ts, day) =>
      Array.from({ length: day + 2 }, (_, n) =>
        event(day * 10 + n, { ts: new Date(ts + n), agentId: n % 2 === 0 ? "even" : "odd", payload: { n } }),
      ),
    ),
  );
  return backend.partitions.list("audit");
}

/** Positions of one moment may be spelt in several ways. */
function sizes(measures: readonly PartitionMeasure[]): Pick<PartitionMeasure, "rows" | "bytes">[] {
  return measures.map(({ rows, bytes }) => ({ rows, bytes }));
}

/** Many partitions and slices that are measured by one call. */
export const measureAllCases = defineCases([
  {
    id: "retention.measure-all.as-measure",
    title: "many partitions and slices are measured by one call as each by itself, in the order they were given",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { partitions, retentionSupport } = backend;
      assert.deepEqual(await retentionSupport.measureAll([]), []);
      const listed = await filled(backend);
      const [first, second] = listed;
      assert.ok(first !== undefined && second !== undefined);
      const { asOf } = await partitions.measure(first);
      await backend.audit.append([event(90, { ts: new Date(first.from.getTime() + 5), agentId: "even" })]);
      const even = { only: [{ agentId: "even" }] };
      const requests: MeasureRequest[] = [
        ...listed.toReversed().map((partition) => ({ partition })),
        { partition: second, selection: even },
        { partition: first, selection: even, asOf },
        { partition: first, selection: { except: [{ payload: { "/n": 0 } }] } },
        { partition: first, asOf },
        { partition: first },
        { partition: { ...first, id: "gone", from: new Date(first.from.getTime() - 9 * DAY), to: first.from } },
      ];
      const measures = await retentionSupport.measureAll(requests);
      const each: PartitionMeasure[] = [];
      for (const { partition, ...slice } of requests) each.push(await partitions.measure(partition, slice));
      assert.deepEqual(sizes(measures), sizes(each));
      for (const [n, { asOf: given, partition, selection }] of requests.entries()) {
        const measured = measures[n] as PartitionMeasure;
        if (given !== undefined) assert.equal(measured.asOf, given);
        const again = await partitions.measure(partition, { selection, asOf: measured.asOf });
        assert.equal(again.rows, measured.rows, `request ${n}`);
      }
    },
  },
  {
    id: "retention.measure-all.refusals",
    title: "a request that cannot be is named by its number, and more than one call may have are refused",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { retentionSupport } = backend;
      const [partition] = await filled(backend);
      assert.ok(partition !== undefined);
      for (const [requests, option] of [
        [{}, "requests"],
        [[{ partition }, null], "requests[1]"],
        [[{ partition }, { partition: {} }], "requests[1].partition.id"],
        [[{ partition, selection: { only: [{ agentId: 7 }] } }], "requests[0].selection.only[0].agentId"],
        [[{ partition }, { partition, asOf: 7 }], "requests[1].asOf"],
        [[{ partition, options: {} }], "requests[0].options"],
      ] as const) {
        await rejects(() => retentionSupport.measureAll(requests as never), "invalid_argument", { option });
      }
      const many = Array.from({ length: 1001 }, () => ({ partition }));
      await rejects(() => retentionSupport.measureAll(many), "too_large", /requests has 1001 slices/);
    },
  },
]);
