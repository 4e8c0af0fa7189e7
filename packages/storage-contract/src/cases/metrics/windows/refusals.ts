import type { MetricQuery, MetricWindow } from "@agent-assembly/storage-core";
import { defineCases } from "../../../contract-case.js";
import { rejects } from "../../../support/assert.js";
import { ANY_TIME } from "../../../support/fixtures.js";
import { at, MINUTE, ofAgents, over, recorded } from "../support.js";

const MOVING: MetricWindow = { function: "movingAvg", size: 2 };

/** Windows that are refused: by default of five buckets of a minute; what the error says, and the option that it names. */
const BAD: [window: unknown, message: RegExp, option: string, members?: Partial<MetricQuery>][] = [
  [{ ...MOVING, size: 0 }, /whole number from 1 to 5/, "query.window.size"],
  [{ ...MOVING, size: -1 }, /whole number from 1 to 5/, "query.window.size"],
  [{ ...MOVING, size: 1.5 }, /whole number from 1 to 5/, "query.window.size"],
  [{ ...MOVING, size: "2" }, /whole number from 1 to 5/, "query.window.size"],
  [{ ...MOVING, size: Number.NaN }, /whole number from 1 to 5/, "query.window.size"],
  [{ ...MOVING, size: 6 }, /the range has 5 buckets/, "query.window.size"],
  [{ function: "lag", size: 6 }, /the range has 5 buckets/, "query.window.size"],
  [{ function: "movingSum" }, /size is missing/, "query.window.size"],
  [{ function: "cumulativeSum", size: 2 }, /does not apply to cumulativeSum/, "query.window.size"],
  [{ function: "rank", size: 2 }, /does not apply to rank/, "query.window.size"],
  [{ function: "movingAverage", size: 2 }, /Did you mean "movingAvg"/, "query.window.function"],
  [{ function: "Rank" }, /Did you mean "rank"/, "query.window.function"],
  [{ size: 2 }, /must be one of movingAvg/, "query.window.function"],
  [{ ...MOVING, partition: [] }, /does not apply to movingAvg/, "query.window.partition"],
  [{ function: "rank", partition: "serie" }, /Did you mean "series"/, "query.window.partition"],
  [{ function: "rank", partition: ["agentId"] }, /dimension of query.groupBy/, "query.window.partition[0]"],
  [{ function: "rank", partition: ["teamId", "teamId"] }, /twice/, "query.window.partition", { groupBy: ["teamId"] }],
  [{ ...MOVING, width: 2 }, /unknown key "width"/, "query.window.width"],
  ["movingAvg", /must be an object/, "query.window"],
  [null, /must be an object/, "query.window"],
  [[], /1 to 10/, "query.window"],
  [Array.from({ length: 11 }, () => MOVING), /1 to 10/, "query.window"],
  [[MOVING, { ...MOVING, size: 0 }], /whole number/, "query.window[1].size"],
  [MOVING, /needs buckets/, "query.window", { bucket: undefined }],
  ...(["p50", "p95", "p99"] as const).flatMap((aggregate) =>
    (["movingAvg", "movingSum", "cumulativeSum", "shareOfTotal"] as const).map((name): (typeof BAD)[number] => [
      { function: name, ...(name.startsWith("moving") && { size: 2 }) },
      /percentiles of buckets cannot be combined/,
      "query.window.function",
      { aggregate },
    ]),
  ),
];

/** Windows that cannot be computed. */
export const windowRefusalCases = defineCases([
  {
    id: "metrics.window.bad",
    title: "a window that cannot be computed is refused by the member at fault, with a hint where one word is close",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [at(0, 1)]);
      for (const [window, message, option, members] of BAD) {
        const query = over(0, 5 * MINUTE, { bucket: { every: "1m" }, window: window as MetricWindow, ...members });
        await rejects(() => backend.metrics.query(query), "invalid_argument", { message, option });
      }
    },
  },
  {
    id: "metrics.window.too-many-points",
    title: "windows over more than 100,000 buckets of all series are refused, whatever the fill",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, ofAgents(101));
      const query = over(0, 1000 * MINUTE, { bucket: { every: "1m" }, window: { function: "cumulativeSum" } });
      for (const fill of ["none", "zero"] as const) {
        const grouped = { ...query, fill, groupBy: ["agentId"] as const };
        await rejects(() => backend.metrics.query(grouped), "invalid_argument", /more than 100000 points/);
      }
      await backend.metrics.query(query);
    },
  },
]);
