import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactToNumber } from "../../src/metrics/decimal.js";
import { computeWindow } from "../../src/metrics/windows/compute.js";
import type { ParsedWindow } from "../../src/metrics/windows/parse-window.js";
import type { WindowGrid, WindowSeries, WindowValue } from "../../src/metrics/windows/series.js";

type Cells = readonly (number | null)[];

const plain: WindowGrid = { rangeStart: 0, weighted: false };
const cell = (value: number): WindowValue => ({ value, sum: value, samples: 1 });
const seriesOf = (values: Cells, key: (string | null)[] = []): WindowSeries => ({
  key,
  values: values.map((value) => (value === null ? null : cell(value))),
});
const over = (name: ParsedWindow["function"], size = 1, partition: ParsedWindow["partition"] = "series") => ({
  function: name,
  size,
  partition,
});
const one = (window: ParsedWindow, values: Cells, grid = plain) => computeWindow(window, [seriesOf(values)], grid)[0];

/** Whole numbers, so that a sum has one value in whatever order it is added. */
const wholeOrGap = fc.option(fc.integer({ min: -20, max: 20 }), { nil: null, freq: 4 });
const cells = fc.array(wholeOrGap, { minLength: 1, maxLength: 40 });

describe("functions over one series are what their definition says, bucket by bucket", () => {
  const present = (values: Cells, from: number, to: number) =>
    values.slice(Math.max(0, from), to + 1).filter((value) => value !== null);
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  const definitions: Partial<
    Record<ParsedWindow["function"], (values: Cells, i: number, size: number) => number | null>
  > = {
    movingSum: (values, i, size) => orNull(present(values, i - size + 1, i), total),
    movingAvg: (values, i, size) => orNull(present(values, i - size + 1, i), (some) => total(some) / some.length),
    movingMin: (values, i, size) => orNull(present(values, i - size + 1, i), (some) => Math.min(...some)),
    movingMax: (values, i, size) => orNull(present(values, i - size + 1, i), (some) => Math.max(...some)),
    cumulativeSum: (values, i) => orNull(present(values, 0, i), total),
    lag: (values, i, size) => values[i - size] ?? null,
    delta: (values, i, size) => minus(values[i], values[i - size]),
    percentChange: (values, i, size) => {
      const change = minus(values[i], values[i - size]);
      const earlier = values[i - size];
      return change === null || !earlier ? null : (100 * change) / Math.abs(earlier);
    },
  };
  const orNull = (some: number[], combine: (some: number[]) => number) => (some.length === 0 ? null : combine(some));
  const minus = (a: number | null | undefined, b: number | null | undefined) =>
    typeof a === "number" && typeof b === "number" ? a - b : null;

  it.each(Object.entries(definitions))("%s", (name, definition) => {
    fc.assert(
      fc.property(cells, fc.integer({ min: 1, max: 45 }), fc.nat(), (values, size, before) => {
        const rangeStart = before % values.length;
        const results = one(over(name as ParsedWindow["function"], size), values, { ...plain, rangeStart });
        const read = name === "cumulativeSum" ? values.map((value, i) => (i < rangeStart ? null : value)) : values;
        const expected = values.map((_, i) => (i < rangeStart ? null : definition(read, i, size)));
        expect(results).toEqual(expected.map((result) => result && result + 0));
      }),
    );
  });
});

describe("rank and shareOfTotal compare the values of a partition", () => {
  const keys = fc.array(fc.tuple(fc.constantFrom("a", "b", null), fc.constantFrom("x", "y")), {
    minLength: 1,
    maxLength: 6,
  });

  it.each(["series", [], [0], [0, 1], [1]] as const)("partition %j", (partition) => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 8 }), fc.infiniteStream(wholeOrGap), (keys, buckets, stream) => {
        const rows = keys.map((key) => ({ key, values: [...stream.take(buckets)] }));
        const series = rows.map(({ key, values }) => seriesOf(values, key));
        const rangeStart = buckets >> 1;
        const ranks = computeWindow(over("rank", 1, partition), series, { ...plain, rangeStart });
        const shares = computeWindow(over("shareOfTotal", 1, partition), series, { ...plain, rangeStart });
        for (const [s, { key, values }] of rows.entries()) {
          for (const [i, value] of values.entries()) {
            const others = (
              partition === "series"
                ? values.slice(rangeStart)
                : rows
                    .filter((row) => partition.every((index) => row.key[index] === key[index]))
                    .map((row) => row.values[i])
            ).filter((other) => typeof other === "number");
            const total = others.reduce((sum, other) => sum + other, 0);
            const isAbsent = value === null || i < rangeStart;
            expect(ranks[s]?.[i]).toBe(isAbsent ? null : 1 + others.filter((other) => other > value).length);
            if (isAbsent || total === 0) expect(shares[s]?.[i]).toBeNull();
            else expect(shares[s]?.[i]).toBeCloseTo(value / total, 12);
          }
        }
      }),
    );
  });

  it("amounts that differ only beyond the digits of a double have different ranks", () => {
    const exact = [9_007_199_254_740_992_10n, 9_007_199_254_740_992_20n];
    const series = [{ key: [], values: exact.map((amount) => ({ ...cell(exactToNumber(amount, 2)), exact: amount })) }];
    expect(computeWindow(over("rank"), series, { ...plain, decimals: 2 })).toEqual([[2, 1]]);
  });
});

describe("sums lose nothing", () => {
  it("a large value that has left the window leaves no trace", () => {
    expect(one(over("movingSum", 2), [1e300, 0.1, 0.2, 0.3])).toEqual([1e300, 1e300, 0.1 + 0.2, 0.5]);
    expect(one(over("movingAvg", 3), [0.1, 0.1, 0.1])).toEqual([0.1, 0.1, 0.1]);
    expect(one(over("movingSum", 3), [1e16, 1, -1e16])).toEqual([1e16, 1e16, 1]);
    expect(one(over("cumulativeSum"), Array(10).fill(0.1))?.at(-1)).toBe(1);
  });

  it("a sum just beyond the middle of two doubles is the upper one", () => {
    expect(one(over("movingSum", 3), [2 ** 53, 1, 2 ** -60])?.slice(1)).toEqual([2 ** 53, 2 ** 53 + 2]);
  });

  it("the grid may begin anywhere", () => {
    const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 4 });
    fc.assert(
      fc.property(values, fc.constantFrom("movingSum", "movingAvg", "delta", "percentChange"), (values, name) => {
        const whole = one(over(name, 3), values);
        expect(one(over(name, 3), values.slice(1))?.slice(3)).toEqual(whole?.slice(4));
      }),
    );
  });

  it("the smallest and the largest doubles take part", () => {
    expect(one(over("movingSum", 2), [5e-324, 5e-324])).toEqual([5e-324, 1e-323]);
    expect(one(over("movingSum", 2), [Number.MAX_VALUE, -Number.MAX_VALUE])).toEqual([Number.MAX_VALUE, 0]);
    expect(one(over("movingAvg", 2), [Number.MAX_VALUE, Number.MAX_VALUE])).toEqual([
      Number.MAX_VALUE,
      Number.MAX_VALUE,
    ]);
    expect(one(over("movingSum", 2), [Number.MAX_VALUE, Number.MAX_VALUE])?.[1]).toBe(Number.POSITIVE_INFINITY);
  });

  it("amounts with decimals are added as amounts", () => {
    const amounts = fc.array(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 12 }), (amounts, decimals) => {
        const values = amounts.map((exact) => ({ ...cell(exactToNumber(exact, decimals)), exact }));
        const results = computeWindow(over("cumulativeSum"), [{ key: [], values }], { ...plain, decimals })[0];
        const sums = amounts.map((_, i) => amounts.slice(0, i + 1).reduce((sum, amount) => sum + amount, 0n));
        expect(results).toEqual(sums.map((sum) => exactToNumber(sum, decimals) + 0));
        const deltas = computeWindow(over("delta"), [{ key: [], values }], { ...plain, decimals })[0];
        const last = amounts.at(-1) as bigint;
        const earlier = amounts.at(-2);
        const expected = earlier === undefined ? null : exactToNumber(last - earlier, decimals) + 0;
        expect(deltas?.at(-1)).toBe(expected);
      }),
    );
  });

  it("a value without its exact amount is a defect, not a result", () => {
    expect(() => one(over("movingSum", 2), [1], { ...plain, decimals: 2 })).toThrow(TypeError);
  });
});

describe("movingAvg of averages", () => {
  it("is the average of the samples, whatever their number in each bucket", () => {
    const sampled = fc.array(fc.option(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1 }), { nil: null }));
    fc.assert(
      fc.property(sampled, fc.integer({ min: 1, max: 5 }), (buckets, size) => {
        const sumOf = (samples: number[]) => samples.reduce((sum, sample) => sum + sample, 0);
        const values = buckets.map((samples) =>
          samples === null
            ? null
            : { value: sumOf(samples) / samples.length, sum: sumOf(samples), samples: samples.length },
        );
        const results = computeWindow(over("movingAvg", size), [{ key: [], values }], { ...plain, weighted: true })[0];
        const expected = buckets.map((_, i) => {
          const all = buckets.slice(Math.max(0, i - size + 1), i + 1).flatMap((samples) => samples ?? []);
          return all.length === 0 ? null : sumOf(all) / all.length + 0;
        });
        expect(results).toEqual(expected);
      }),
    );
  });
});

describe("large answers", () => {
  it("100,000 buckets with a window of 50,000 take no quadratic work", () => {
    const values = Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 1000) / 8);
    for (const name of ["movingSum", "movingAvg", "movingMin", "movingMax"] as const) {
      expect(one(over(name, 50_000), values)).toHaveLength(100_000);
    }
    expect(
      one(
        over("movingMax", 50_000),
        values.toSorted((a, b) => b - a),
      )?.at(-1),
    ).toBeCloseTo(62.5, 0);
    expect(one(over("rank"), values)?.filter((rank) => rank === 1)).toHaveLength(100);
  });

  it("no series, no buckets: no results", () => {
    expect(computeWindow(over("rank", 1, []), [], plain)).toEqual([]);
    expect(one(over("movingSum", 2), [])).toEqual([]);
    expect(computeWindow(over("shareOfTotal", 1, []), [seriesOf([])], plain)).toEqual([[]]);
  });
});
