import type { AnomalySeries, MetricSeries, MetricWindow } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { type PlottedMetric, renderSeriesPlot } from "../../src/commands/metrics/view-plot.js";
import { UsageError } from "../../src/exit.js";
import { createStyle } from "../../src/terminal/style.js";

const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour));
const view = { width: 48, height: 6, unicode: true, style: createStyle(false) };

function plotOf(
  metric: string,
  unit: string | undefined,
  values: readonly number[],
  window?: readonly MetricWindow[],
): PlottedMetric {
  const series = [
    {
      key: {},
      ...(unit === undefined ? {} : { unit }),
      points: values.map((value, hour) => ({ ts: at(hour), value, windows: (window ?? []).map(() => value / 2) })),
    },
  ] satisfies MetricSeries[];
  const query = { metric, aggregate: "sum", from: at(0), to: at(values.length), bucket: { every: "1h" } } as const;
  return { query: window === undefined ? query : { ...query, window }, series };
}

const tokens = plotOf("tokens", "tokens", [100, 200, 400, 300, 100, 0]);
const cost = plotOf("cost_usd", "USD", [0.01, 0.02, 0, 0.03, 0.04, 0.05]);

describe("several metrics", () => {
  test("with different units are scaled to their maxima, which are named", () => {
    expect(renderSeriesPlot([tokens, cost], undefined, view)).toBe(
      [
        "tokens, cost_usd  sum per 1h, UTC, each in % of its maximum",
        "100% ┤                *****              ++++",
        "     │              **     *****  +++++++",
        "     │            **         +++++",
        " 50% ┤       +++++         ++     **",
        "     │   ++++     ++++   ++         *****",
        "  0% ┤                +++                ****",
        "     └┬────────────────────┬────────────────────",
        "      01-01 00:00          03:00",
        "* tokens   + cost_usd",
        "100% is 400 tokens of tokens, 0.05 USD of cost_usd",
        "",
      ].join("\n"),
    );
  });

  test("with one unit share the axis", () => {
    const more = plotOf("tokens.cached", "tokens", [10, 20, 40, 30, 10, 0]);
    expect(renderSeriesPlot([tokens, more], undefined, view)).toBe(
      [
        "tokens, tokens.cached (tokens)  sum per 1h, UTC",
        "400 ┤                *****",
        "    │              **     ******",
        "    │            **             **",
        "200 ┤       *****                 **",
        "    │   ****                        *****",
        "  0 ┤   +++++++++++++++++++++++++++++++++++++",
        "    └┬────────────────────┬─────────────────────",
        "     01-01 00:00          03:00",
        "* tokens   + tokens.cached",
        "",
      ].join("\n"),
    );
  });
});

describe("windows", () => {
  const average: MetricWindow = { function: "movingAvg", size: 2 };

  test("are drawn instead of the values, which stay as dots", () => {
    const plot = plotOf("tokens", "tokens", [100, 200, 400, 300, 100, 0], [average]);
    expect(renderSeriesPlot([plot], undefined, view)).toBe(
      [
        "tokens  movingAvg:2 of sum per 1h, UTC",
        "400 ┤                 .",
        "    │                         .",
        "    │",
        "200 ┤          .   +++++++++++++++",
        "    │   +++++++++++               +++++++",
        "  0 ┤                                    ++++",
        "    └┬────────────────────┬─────────────────────",
        "     01-01 00:00          03:00",
        ". sum   + movingAvg:2",
        "",
      ].join("\n"),
    );
  });

  test("shares are drawn in percent, alone", () => {
    const plot = plotOf("tokens", "tokens", [0.2, 1, 0.5], [{ function: "shareOfTotal" }]);
    expect(renderSeriesPlot([plot], undefined, view)).toBe(
      [
        "tokens (%)  shareOfTotal of sum per 1h, UTC",
        "50 ┤                   ⢀⠤⠒⠉⠒⠤⢄⡀",
        "   │                ⣀⠔⠊⠁      ⠈⠑⠒⠤⣀⡀",
        "   │            ⢀⡠⠔⠉               ⠈⠑⠢⠤⣀",
        "25 ┤         ⢀⠤⠒⠁                       ⠉",
        "   │       ⠔⠊⠁",
        " 0 ┤",
        "   └┬─────────────┬──────────────┬──────────────",
        "    01-01 00:00   01:00          02:00",
        "",
      ].join("\n"),
    );
  });

  test("of different units are refused", () => {
    const plot = plotOf("tokens", "tokens", [1, 2], [average, { function: "rank" }]);
    expect(() => renderSeriesPlot([plot], undefined, view)).toThrow(UsageError);
  });
});

describe("anomalies", () => {
  const judged = (values: readonly number[], key = {}): AnomalySeries => ({
    key,
    points: values.map((value, hour) => ({
      ts: at(hour),
      value,
      expected: hour < 2 ? null : 10,
      lower: hour < 2 ? null : -5,
      upper: hour < 2 ? null : 25,
      score: hour < 2 ? null : value - 10,
      anomaly: value > 25,
    })),
  });

  test("are marked, on the band of what was expected", () => {
    const values = [10, 12, 9, 11, 60, 10];
    const plot = plotOf("denials", "events", values);
    expect(renderSeriesPlot([plot], [judged(values)], view)).toBe(
      [
        "denials (events)  sum per 1h, UTC",
        "100 ┤",
        "    │",
        "    │                              ⢀⡠●⡀",
        " 50 ┤                            ⣀⠔⠁  ⠈⠑⢄",
        "    │              ░░░░░░░░░░░⢀⠤⠊░░░░░░░░⠑⠤⡀░░░░",
        "  0 ┤   ⠐⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉⠒⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠁░░░░░░░░░░░░⠈⠂░░░",
        "    └┬────────────────────┬─────────────────────",
        "     01-01 00:00          03:00",
        "● 1 anomaly   ░ expected",
        "",
      ].join("\n"),
    );
    expect(renderSeriesPlot([plot], [judged(values)], { ...view, unicode: false })).toBe(
      [
        "denials (events)  sum per 1h, UTC",
        "100 +",
        "    |",
        "    |                               *!*",
        " 50 +                           ****   **",
        "    |       *******::::::::*****:::::::::**:::::",
        "  0 +   ****       ********::::::::::::::::**:::",
        "    ++--------------------+---------------------",
        "     01-01 00:00          03:00",
        "! 1 anomaly   : expected",
        "",
      ].join("\n"),
    );
  });

  test("of several groups are marked only", () => {
    const quiet = plotOf("denials", "events", [1, 2, 1, 2, 1, 1]).series;
    const loud = plotOf("denials", "events", [1, 1, 1, 1, 60, 1]);
    const groups = { ...loud, series: [...loud.series, ...quiet] };
    const text = renderSeriesPlot([groups], [judged([1, 1, 1, 1, 60, 1]), judged([1, 2, 1, 2, 1, 1])], view);
    expect(text).toContain("●");
    expect(text).not.toContain("░");
    expect(text).toMatch(/● 1 anomaly\n$/);
  });
});
