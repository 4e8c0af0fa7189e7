import type { MetricSeries } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { describe, expect, test } from "vitest";
import { type PlottedMetric, renderSeriesPlot, type SeriesPlotOptions } from "../../src/commands/metrics/view-plot.js";
import { renderSeriesTable } from "../../src/commands/metrics/view-table.js";
import { timeTicks } from "../../src/terminal/plot/time-axis.js";
import { valueAxis } from "../../src/terminal/plot/value-axis.js";
import { createStyle, wantsUnicode } from "../../src/terminal/style.js";

const plain = createStyle(false);
const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour));

type PlotQuery = PlottedMetric["query"];

const plotted = (series: readonly MetricSeries[], query: PlotQuery, options: SeriesPlotOptions) =>
  renderSeriesPlot([{ query, series }], undefined, options);

async function seriesOf(query: Partial<PlotQuery> = {}): Promise<[MetricSeries[], PlotQuery]> {
  const storage = openMemoryStorage();
  const sample = (hour: number, value: number, agentId?: string) => ({
    ts: at(hour),
    metric: "tokens",
    value,
    agentId,
  });
  await storage.metrics.record([
    sample(0, 100, "a"),
    sample(1, 50, "a"),
    sample(1, 7),
    sample(3, 0.1, "a"),
    sample(3, 0.2, "a"),
  ]);
  const whole = {
    metric: "tokens",
    aggregate: "sum",
    from: at(0),
    to: at(4),
    bucket: { every: "1h" },
    groupBy: ["agentId"],
    fill: "null",
    ...query,
  } as const;
  const series = await storage.metrics.query(whole);
  await storage.close();
  return [series, whole];
}

test("series as a table", async () => {
  const [series, query] = await seriesOf({ to: at(2) });
  expect(renderSeriesTable({ query, series }, undefined, plain)).toBe(
    [
      "FROM                  AGENT  VALUE",
      "2026-01-01 00:00:00Z  a        100",
      "2026-01-01 01:00:00Z  a         50",
      "2026-01-01 00:00:00Z  -          -",
      "2026-01-01 01:00:00Z  -          7",
      "",
    ].join("\n"),
  );
  const [fractions, later] = await seriesOf({ from: at(3) });
  expect(renderSeriesTable({ query: later, series: fractions }, undefined, plain)).toMatch(/ 0\.3\n$/);
});

describe("series as a chart", () => {
  const options = { width: 40, height: 5, unicode: true, style: plain };

  test("one series in dots, a gap where nothing is", async () => {
    const [series, query] = await seriesOf({ groupBy: undefined });
    expect(plotted(series, query, options)).toBe(
      [
        "tokens  sum per 1h, UTC",
        "100 ┤    ⠉⠒⠤⣀",
        "    │        ⠉⠑⠢⢄⡀",
        "    │            ⠈⠁",
        "    │",
        "  0 ┤                              ⢀",
        "    └┬────────────────┬─────────────────",
        "     01-01 00:00      02:00",
        "",
      ].join("\n"),
    );
  });

  test("several in marks of their own, with a legend, where dots cannot be told apart", async () => {
    const [series, query] = await seriesOf({ fill: "zero" });
    const lines = plotted(series, query, { ...options, unicode: false }).split("\n");
    expect(lines.at(-2)).toBe("* a   + -");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly ASCII
    expect(lines.join("")).toMatch(/^[\x00-\x7f]*$/);
    expect(lines.some((line) => line.includes("+"))).toBe(true);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
  });

  test("names cannot drive the terminal, and many series are cut to the highest", async () => {
    const [one, query] = await seriesOf();
    const points = one[0]?.points ?? [];
    const many = Array.from({ length: 9 }, (_, i) => ({ key: { agentId: `\u001b[2J${i}` }, points }));
    const text = plotted(many, query, options);
    expect(text).toContain("\\x1b[2J0");
    expect(text).toContain("(3 smaller series not drawn");
    expect(text).not.toContain("\u001b");
  });

  test.each([20, 33, 80, 200])("fits %i columns", async (width) => {
    const [series, query] = await seriesOf();
    for (const line of plotted(series, query, { ...options, width }).split("\n")) {
      expect(line.length).toBeLessThanOrEqual(Math.max(width, 24));
    }
  });
});

describe("values of an axis", () => {
  const labels = (values: number[], fromZero = false, most = 4) =>
    valueAxis(values, fromZero, most).ticks.map(({ label }) => label);

  test.each<[values: number[], fromZero: boolean, expected: string[]]>([
    [[3, 100], true, ["0", "50", "100"]],
    [[990, 1000], false, ["990", "995", "1000"]],
    [[990, 1000], true, ["0", "500", "1000"]],
    [[0], true, ["0", "0.5", "1.0"]],
    [[7], false, ["0", "2.5", "5.0", "7.5"]],
    [[-5, 5], false, ["-5", "0", "5"]],
    [[12_345, 45_000], true, ["0", "20k", "40k", "60k"]],
    [[1_500_000, 2_000_000], true, ["0", "1M", "2M"]],
    [[0.0002, 0.0005], true, ["0", "0.0002", "0.0004", "0.0006"]],
    [[1e21], true, ["0", "5.0e+20", "1.0e+21"]],
    [[5e-324], true, ["0", "1.0e-300"]],
  ])("%j", (values, fromZero, expected) => {
    expect(labels(values, fromZero)).toEqual(expected);
  });

  test("hold every value", () => {
    for (const value of [1e-300, 0.07, 1, 99.9, 12_345.678, 1e299, -3]) {
      const { low, high, ticks } = valueAxis([value, value / 3], false, 5);
      expect(low).toBeLessThanOrEqual(Math.min(value, value / 3));
      expect(high).toBeGreaterThanOrEqual(Math.max(value, value / 3));
      expect(ticks.length).toBeLessThan(9);
    }
  });
});

describe("times of an axis", () => {
  const labels = (from: string, to: string, columns: number, timeZone = "UTC") =>
    timeTicks({ from: Date.parse(from), to: Date.parse(to), timeZone }, columns).map(({ label }) => label);

  test.each<[from: string, to: string, columns: number, expected: string[]]>([
    ["2026-03-01T10:00:00Z", "2026-03-01T10:01:00Z", 60, ["03-01 10:00:00", "10:00:15", "10:00:30", "10:00:45"]],
    ["2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z", 60, ["03-01 12:00", "18:00", "03-02 00:00", "06:00"]],
    ["2026-03-01T00:00:00Z", "2026-03-04T00:00:00Z", 60, ["2026-03-01", "03-02", "03-03"]],
    ["2026-10-24T00:00:00Z", "2026-11-23T00:00:00Z", 44, ["2026-10-26", "11-09"]],
    ["2025-11-15T00:00:00Z", "2026-11-15T00:00:00Z", 60, ["2025-12", "2026-03", "2026-06", "2026-09"]],
  ])("%s to %s", (from, to, columns, expected) => {
    expect(labels(from, to, columns)).toEqual(expected);
  });

  test("follow the clock of the zone", () => {
    expect(labels("2026-03-01T12:00:00Z", "2026-03-03T12:00:00Z", 60, "Europe/Berlin")).toEqual([
      "03-02 00:00",
      "12:00",
      "03-03 00:00",
    ]);
  });
});

test.each<[env: NodeJS.ProcessEnv, expected: boolean]>([
  [{ LANG: "de_DE.UTF-8" }, true],
  [{ LC_ALL: "C", LANG: "de_DE.UTF-8" }, false],
  [{ LC_ALL: "", LC_CTYPE: "en_US.utf8", LANG: "C" }, true],
  [{ LANG: "de_DE.ISO-8859-1" }, false],
  [{ TERM: "dumb", LANG: "C.UTF-8" }, false],
  [{}, true],
])("Unicode with %j: %s", (env, expected) => {
  expect(wantsUnicode(env)).toBe(expected);
});
