import assert from "node:assert/strict";
import type { Partition, PartitionSlice, StorageBackend } from "@agent-assembly/storage-core";
import { defineToken, tokenInteger } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, event, events } from "../../support/fixtures.js";

/** Parts that cannot be, and what the refusal must name. */
const BAD: [unknown, RegExp][] = [
  [{ selection: null }, /selection must be an object/],
  [{ selection: [] }, /selection must be an object/],
  [{ selection: { onyl: [] } }, /selection has an unknown key "onyl".*Did you mean "only"/],
  [{ selection: { only: {} } }, /selection\.only must be an array/],
  [{ selection: { except: "a" } }, /selection\.except must be an array/],
  [{ selection: { only: [{}, null] } }, /selection\.only\[1\] must be an object/],
  [{ selection: { except: [undefined] } }, /selection\.except\[0\] must be an object/],
  [{ selection: { except: [{ agentid: "a" }] } }, /selection\.except\[0\] has an unknown key "agentid".*"agentId"/],
  [{ selection: { only: [{ agentId: 7 }] } }, /selection\.only\[0\]\.agentId/],
  [{ selection: { only: [{ eventId: "7" }] } }, /selection\.only\[0\]\.eventId/],
  [{ selection: { except: [{}, { from: "2026" }] } }, /selection\.except\[1\]\.from/],
  [{ selection: { except: [{ dryRun: "no" }] } }, /selection\.except\[0\]\.dryRun/],
  [{ selection: { only: [{ payload: { v: 1 } }] } }, /selection\.only\[0\]\.payload/],
  [{ asOf: 7 }, /asOf/],
  [{ asOf: null }, /asOf/],
  [{ asof: "x" }, /unknown key "asof".*Did you mean "asOf"/],
];

/** Every call that takes a part, by its name. */
const CALLS: Record<string, (backend: StorageBackend, partition: Partition, part: PartitionSlice) => Promise<unknown>> =
  {
    measure: ({ partitions }, partition, part) => partitions.measure(partition, part),
    read: async ({ partitions }, partition, part) => collect(partitions.read(partition, part)),
    drop: ({ partitions }, partition, part) => partitions.drop(partition, { ...part, expect: { rows: 2 } }),
  };

/** What measure, read and drop make of parts that cannot be. */
export const sliceRefusalCases = defineCases([
  {
    id: "partitions.slices.bad-input",
    title: "a part that cannot be is refused by every call with the name of the member, and nothing is removed",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(1), event(2)]);
      const [partition] = (await backend.partitions.list("audit")) as [Partition];
      for (const call of Object.values(CALLS)) {
        for (const [part, message] of BAD) {
          await rejects(() => call(backend, partition, part as PartitionSlice), "invalid_argument", message);
        }
        await rejects(() => call(backend, {} as Partition, {}), "invalid_argument", /partition/);
      }
      const { partitions } = backend;
      await rejects(() => partitions.measure(partition, null as never), "invalid_argument", /options/);
      const expect = { rows: 2 };
      for (const [options, message] of [
        [{ expect, signal: {} }, /signal/],
        [{ expect, onProgress: 7 }, /onProgress/],
        [{ expect, onprogress: () => undefined }, /unknown key "onprogress"/],
        [{ selection: {} }, /expect/],
      ] as const) {
        await rejects(() => partitions.drop(partition, options as never), "invalid_argument", message);
      }
      await rejects(() => collect(partitions.read(partition, { signal: 7 as never })), "invalid_argument", /signal/);
      assert.equal(await backend.audit.count(), 2);
    },
  },
  {
    id: "partitions.slices.foreign-position",
    title: "a position that is damaged or none of this kind of store is refused, and nothing is removed",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(2));
      const [partition] = (await backend.partitions.list("audit")) as [Partition];
      const { asOf } = await backend.partitions.measure(partition);
      assert.ok(asOf !== undefined);
      const middle = asOf.length >> 1;
      const other = asOf[middle] === "A" ? "B" : "A";
      const { next } = await backend.audit.query({}, { limit: 1 });
      const bad = [
        "",
        "7",
        "\u0000",
        `${asOf}=`,
        asOf.slice(0, -1),
        `${asOf.slice(0, middle)}${other}${asOf.slice(middle + 1)}`,
        next ?? assert.fail("there is a second page"),
        defineToken("tail elsewhere", [tokenInteger()]).encode([2]),
      ];
      for (const call of Object.values(CALLS)) {
        for (const position of bad) {
          await rejects(() => call(backend, partition, { asOf: position }), "invalid_argument", /asOf/);
        }
      }
      assert.equal(await backend.audit.count(), 2);
      for (const call of Object.values(CALLS)) await call(backend, partition, { asOf });
    },
  },
]);
