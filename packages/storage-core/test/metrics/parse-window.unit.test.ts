import { describe, expect, it } from "vitest";
import { isStorageError, type StorageError } from "../../src/errors.js";
import { lookbackOf, parseWindows, type WindowContext } from "../../src/metrics/windows/parse-window.js";

const context: WindowContext = { groupBy: ["teamId", "labels.model"], aggregate: "sum", buckets: 24 };
const parse = (window: unknown, changed: Partial<WindowContext> = {}) =>
  parseWindows(window, "query.window", { ...context, ...changed });

function refusal(window: unknown, changed: Partial<WindowContext> = {}): StorageError {
  try {
    parse(window, changed);
  } catch (error) {
    if (isStorageError(error, "invalid_argument")) return error;
    throw error;
  }
  throw new Error("was not refused");
}

describe("parseWindows", () => {
  it("takes one window or an array, and fills in defaults", () => {
    expect(parse({ function: "movingAvg", size: 24 })).toEqual([
      { function: "movingAvg", size: 24, partition: "series" },
    ]);
    expect(
      parse([
        { function: "lag" },
        { function: "delta", size: 2, partition: undefined },
        { function: "cumulativeSum", size: undefined },
        { function: "rank" },
        { function: "rank", partition: "series" },
        { function: "shareOfTotal", partition: ["labels.model", "teamId"] },
      ]),
    ).toEqual([
      { function: "lag", size: 1, partition: "series" },
      { function: "delta", size: 2, partition: "series" },
      { function: "cumulativeSum", size: 1, partition: "series" },
      { function: "rank", size: 1, partition: [] },
      { function: "rank", size: 1, partition: "series" },
      { function: "shareOfTotal", size: 1, partition: [1, 0] },
    ]);
    expect(parse({ function: "rank" }, { groupBy: [] })).toEqual([{ function: "rank", size: 1, partition: "series" }]);
  });

  it.each([
    [
      { function: "movingAverage", size: 2 },
      "query.window.function",
      /got a string of 13 characters.*Did you mean "movingAvg"/,
    ],
    [[{ function: "lag" }, { function: 1 }], "query.window[1].function", /must be one of movingAvg,.*got an integer/],
    [
      [{ function: "lag" }, { function: "lag", sise: 1 }],
      "query.window[1].sise",
      /unknown key "sise".*Did you mean "size"/,
    ],
    [
      [{ function: "movingSum", size: 0 }],
      "query.window[0].size",
      /from 1 to 24, got an integer below 1.*counts buckets/,
    ],
    [{ function: "movingSum", size: -3 }, "query.window.size", /got an integer below 1/],
    [{ function: "movingMin", size: 1.5 }, "query.window.size", /got a fractional number/],
    [{ function: "movingMax", size: Number.NaN }, "query.window.size", /got NaN/],
    [{ function: "lag", size: Number.POSITIVE_INFINITY }, "query.window.size", /got an infinite number/],
    [{ function: "lag", size: "2" }, "query.window.size", /got a string of 1 character/],
    [{ function: "lag", size: null }, "query.window.size", /got null/],
    [
      { function: "percentChange", size: 25 },
      "query.window.size",
      /got a greater one; the range has 24 buckets.*widen the range/,
    ],
    [[{ function: "movingAvg" }], "query.window[0].size", /is missing: movingAvg needs.*Say over how many buckets/],
    [
      { function: "cumulativeSum", size: 2 },
      "query.window.size",
      /does not apply to cumulativeSum, got an integer.*Leave/,
    ],
    [{ function: "rank", size: 1 }, "query.window.size", /does not apply to rank/],
    [{ function: "shareOfTotal", size: 1 }, "query.window.size", /does not apply to shareOfTotal/],
    [
      { function: "lag", partition: [] },
      "query.window.partition",
      /does not apply to lag, got an array of 0.*rank and shareOfTotal/,
    ],
    [
      { function: "rank", partition: ["agentId"] },
      "query.window.partition[0]",
      /dimension of query\.groupBy.*Add it to/,
    ],
    [{ function: "rank", partition: ["teamID"] }, "query.window.partition[0]", /Did you mean "teamId"/],
    [{ function: "rank", partition: [7] }, "query.window.partition[0]", /got an integer/],
    [{ function: "rank", partition: ["teamId", "teamId"] }, "query.window.partition", /names a dimension twice/],
    [
      { function: "rank", partition: "serie" },
      "query.window.partition",
      /must be "series" or an array.*Did you mean "series"/,
    ],
    [{ function: "rank", partition: 5 }, "query.window.partition", /got an integer/],
    [[], "query.window", /array of 1 to 10, got an array of 0/],
    [Array(11).fill({ function: "lag" }), "query.window", /got an array of 11/],
    [Array(1), "query.window[0]", /must be an object, got nothing/],
    ["lag", "query.window", /must be an object, got a string/],
    [null, "query.window", /must be an object, got null/],
  ])("refuses %j", (window, option, message) => {
    const error = refusal(window);
    expect(error.option).toBe(option);
    expect(error.message).toMatch(message);
  });

  it.each(["movingAvg", "movingSum", "cumulativeSum", "shareOfTotal"] as const)("refuses %s of percentiles", (name) => {
    const size = name.startsWith("moving") ? { size: 2 } : {};
    for (const aggregate of ["p50", "p95", "p99"] as const) {
      const error = refusal([{ function: name, ...size }], { aggregate });
      expect(error.option).toBe("query.window[0].function");
      expect(error.message).toMatch(/percentiles of buckets cannot be combined\. Take a wider query\.bucket/);
    }
    expect(parse({ function: name, ...size }, { aggregate: "avg" })).toHaveLength(1);
  });

  it.each(["movingMin", "movingMax", "lag", "delta", "percentChange", "rank"] as const)(
    "takes %s of percentiles",
    (name) => {
      const size = name.startsWith("moving") ? { size: 2 } : {};
      expect(parse({ function: name, ...size }, { aggregate: "p95" })).toHaveLength(1);
    },
  );

  it("refuses windows without buckets", () => {
    const error = refusal({ function: "lag" }, { buckets: undefined });
    expect(error.message).toMatch(/^query\.window needs buckets, and the query has none\. Add query\.bucket/);
  });
});

describe("lookbackOf", () => {
  it.each([
    [[{ function: "movingAvg", size: 7 }], 6],
    [[{ function: "movingMin", size: 1 }], 0],
    [
      [
        { function: "lag", size: 7 },
        { function: "movingSum", size: 7 },
      ],
      7,
    ],
    [[{ function: "delta" }], 1],
    [[{ function: "percentChange", size: 3 }], 3],
    [[{ function: "rank" }, { function: "shareOfTotal" }, { function: "cumulativeSum" }], 0],
  ])("%j reads %d buckets before the range", (windows, expected) => {
    expect(lookbackOf(parse(windows))).toBe(expected);
  });
});
