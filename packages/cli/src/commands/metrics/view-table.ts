import type { MetricPoint, MetricSeries, MetricWindow } from "@agent-assembly/storage-core";
import { csvRecord } from "../../terminal/csv.js";
import type { Style } from "../../terminal/style.js";
import { type Column, renderTable } from "../../terminal/table.js";
import { dimensionTitle } from "./dimensions.js";
import type { MetricQuery } from "./options.js";
import { bucketLabels, formatValue, titleWithUnit } from "./values.js";
import { windowText, windowTitle, windowUnit, windowValue } from "./windows.js";

/** The series of a query. */
export interface SeriesAnswer {
  readonly query: MetricQuery;
  readonly series: readonly MetricSeries[];
  /** Over the whole range, one point each: of the groups, and last of all of them where there are several. */
  readonly totals?: readonly MetricSeries[];
}

/** One line of a table: a point, or the total of a group. */
interface Row {
  readonly key: MetricSeries["key"];
  readonly point: MetricPoint;
  readonly isTotal: boolean;
}

/** A row for each point: when its bucket begins, which group it is of, its value and the results of windows. */
export function renderSeriesTable(answer: SeriesAnswer, width: number | undefined, style: Style): string {
  const { query, series } = answer;
  const unit = series[0]?.unit;
  const label = bucketLabels(query.bucket);
  const columns: Column<Row>[] = [
    { title: "FROM", value: ({ point, isTotal }) => (isTotal ? "total" : label(point.ts)), fixed: true },
    ...dimensionsOf(answer).map((name) => ({
      title: dimensionTitle(name),
      value: ({ key, isTotal }: Row) => (isTotal && key[name] === undefined ? "(all)" : (key[name] ?? "-")),
    })),
    {
      title: titleWithUnit("VALUE", unit),
      value: ({ point }) => formatValue(point.value, point.exact),
      align: "right",
      fixed: true,
    },
    ...(query.window ?? []).map(
      (window, index): Column<Row> => ({
        title: titleWithUnit(windowTitle(window), windowUnit(window, unit)),
        value: ({ point, isTotal }) => (isTotal ? undefined : windowResult(window, point.windows?.[index] ?? null)),
        align: "right",
        fixed: true,
      }),
    ),
  ];
  return renderTable<Row>(rowsOf(answer), columns, width, style);
}

/** A percentage needs no more than two decimals. */
function windowResult(window: MetricWindow, result: number | null): string {
  const value = windowValue(window, result);
  const isPercent = windowUnit(window, undefined) === "%";
  return formatValue(value !== null && isPercent ? Number(value.toFixed(2)) : value);
}

/** The same as CSV: times in ISO form, absent values empty. Shares are parts of 1 here. */
export function renderSeriesCsv(answer: SeriesAnswer): string {
  const windows = answer.query.window ?? [];
  const unit = answer.series[0]?.unit;
  const dimensions = dimensionsOf(answer);
  const header = ["ts", ...dimensions, "value", "unit", ...windows.map(windowText)];
  const records = rowsOf(answer).map(({ key, point, isTotal }) => [
    isTotal ? "total" : point.ts.toISOString(),
    ...dimensions.map((name) => key[name]),
    point.exact ?? point.value,
    unit,
    ...windows.map((_, index) => (isTotal ? null : point.windows?.[index])),
  ]);
  return [header, ...records].map(csvRecord).join("");
}

function rowsOf({ series, totals = [] }: SeriesAnswer): Row[] {
  const rows = (isTotal: boolean) => (one: MetricSeries) =>
    one.points.map((point): Row => ({ key: one.key, point, isTotal }));
  return [...series.flatMap(rows(false)), ...totals.flatMap(rows(true))];
}

function dimensionsOf({ query }: SeriesAnswer): readonly string[] {
  return query.groupBy ?? [];
}
