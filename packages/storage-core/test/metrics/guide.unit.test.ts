import { describe, expect, it } from "vitest";
import { judge } from "../../src/metrics/anomalies/judge.js";
import { parseAnomalyOptions } from "../../src/metrics/anomalies/parse-anomalies.js";
import { toExact } from "../../src/metrics/decimal.js";
import { unitConversion } from "../../src/metrics/units.js";
import { WINDOW_FUNCTIONS, type WindowFunction } from "../../src/metrics/window.js";
import { computeWindow } from "../../src/metrics/windows/compute.js";
import type { WindowSeries, WindowValue } from "../../src/metrics/windows/series.js";
import { parseBucket } from "../../src/time/bucket.js";
import { cellValue, type GuideTable, readGuide } from "./guide.js";

const tables = readGuide();
const examples = tables.filter(({ example }) => Object.keys(example).length > 0);
const isResult = (column: string) => (WINDOW_FUNCTIONS as readonly string[]).includes(column.split(": ").at(-1) ?? "");
const isBefore = (row: Readonly<Record<string, string>>) => row.bucket?.endsWith("(before)") === true;

interface Example {
  readonly function?: WindowFunction;
  readonly size?: number;
  readonly partition?: "series" | readonly number[];
  readonly decimals?: number;
  readonly weighted?: boolean;
}

function compute(table: GuideTable, name: WindowFunction, series: readonly WindowSeries[]): (number | null)[][] {
  const { size = 1, partition = "series", decimals, weighted = false } = table.example as Example;
  const rangeStart = table.rows.filter(isBefore).length;
  return computeWindow({ function: name, size, partition }, series, { rangeStart, decimals, weighted });
}

function toValue(
  cell: string,
  { example }: GuideTable,
  row: Readonly<Record<string, string>> = {},
): WindowValue | null {
  const value = cellValue(cell);
  if (value === null) return null;
  const { decimals } = example as Example;
  const exact = decimals === undefined ? undefined : toExact(value, decimals);
  const samples = row.samples === undefined ? 1 : Number(row.samples);
  return { value, sum: Number(row.sum ?? value), samples, ...(exact === undefined ? {} : { exact }) };
}

describe("the guide's windows", () => {
  const windows = examples.filter(({ columns }) => columns.some(isResult));

  it("have an example of each function", () => {
    const shown = windows.flatMap(({ columns }) => columns.filter(isResult).map((column) => column.split(": ").at(-1)));
    expect(new Set(shown)).toEqual(new Set(WINDOW_FUNCTIONS));
  });

  it.each(windows)("$title", (table) => {
    const results = table.columns.filter(isResult);
    const inputs = table.columns.filter((column) => !results.includes(column));
    const names = inputs.filter((column) => !["bucket", "sum", "samples"].includes(column));
    const series = names.map((name) => ({
      key: name.split("/"),
      values: table.rows.map((row) => toValue(row[name] as string, table, row)),
    }));
    for (const column of results) {
      const [name = "", of] = column.split(": ").reverse();
      const computed = compute(table, name as WindowFunction, series)[of === undefined ? 0 : names.indexOf(of)];
      const expected = table.rows.map((row) => (isBefore(row) ? null : cellValue(row[column] as string)));
      expect({ column, results: computed }).toEqual({ column, results: expected });
    }
  });
});

describe("the guide's gaps", () => {
  const gaps = examples.filter(({ columns }) => columns.includes("previous"));

  it("are there", () => expect(gaps).toHaveLength(3));

  it.each(gaps)("$title", (table) => {
    const { function: name = "lag" } = table.example as Example;
    const samples = table.rows.map((row) => toValue(row.samples as string, table));
    for (const fill of ["none", "null", "zero", "previous"]) {
      let previous: WindowValue | null = null;
      const values = samples.map((value) => {
        previous = value ?? previous;
        return value ?? (fill === "zero" ? { value: 0, sum: 0, samples: 0 } : fill === "previous" ? previous : null);
      });
      const [computed] = compute(table, name, [{ key: [], values }]);
      const shown = samples.map((value, i) => (fill === "none" && value === null ? "no point" : computed?.[i]));
      const expected = table.rows.map((row) =>
        row[fill] === "no point" ? "no point" : cellValue(row[fill] as string),
      );
      expect({ fill, shown }).toEqual({ fill, shown: expected });
    }
  });
});

describe("the guide's anomalies", () => {
  const bucketing = parseBucket({ every: "1h" });
  const judged = examples.filter(({ example }) => example.judge === true).flatMap(({ rows }) => rows);
  const round = (value: number | null | undefined) => (typeof value === "number" ? Number(value.toFixed(3)) + 0 : null);

  it("are there", () => expect(judged.length).toBeGreaterThan(10));

  it.each(judged)("$method of $baseline and then $value", (row) => {
    const baseline = (row.baseline as string).split(", ").map(cellValue);
    const values = [...baseline, cellValue(row.value as string)];
    const options = parseAnomalyOptions({ method: row.method, window: baseline.length }, "query", bucketing);
    const [point] = judge(
      values,
      values.map((_, i) => i * 3_600_000),
      options,
      { rangeStart: baseline.length, cut: () => false, counts: row.counts === "yes", bucketing },
    );
    expect({
      expected: round(point?.expected),
      lower: round(point?.lower),
      upper: round(point?.upper),
      score: round(point?.score),
      anomaly: point?.anomaly,
    }).toEqual({
      expected: cellValue(row.expected as string),
      lower: cellValue(row.lower as string),
      upper: cellValue(row.upper as string),
      score: cellValue(row.score as string),
      anomaly: row.anomaly === "yes",
    });
  });

  it("have the defaults of the table of methods", () => {
    const methods = tables.find(({ columns }) => columns.includes("`threshold`"))?.rows ?? [];
    expect(methods).toHaveLength(3);
    for (const row of methods) {
      const options = parseAnomalyOptions(
        { method: (row["`method`"] as string).replaceAll("`", "") },
        "query",
        bucketing,
      );
      expect(row.Baseline).toContain(`\`window\` (${options.window})`);
      expect(row["`threshold`"]).toBe(String(options.threshold));
    }
  });
});

describe("the guide's units", () => {
  it.each(tables.find(({ columns }) => columns.includes("Units"))?.rows ?? [])("$Quantity", (row) => {
    const units = [...(row.Units as string).matchAll(/`(\w+)`/g)].map((match) => match[1] as string);
    expect(units.length).toBeGreaterThan(6);
    for (const from of units) for (const to of units) unitConversion(from, to, "unit");
    expect(() => unitConversion(units[0], "?", "unit")).toThrow(`Known: ${units.join(", ")}.`);
  });
});
