import type { MetricPoint, MetricSeries } from "@agent-assembly/storage-core";
import { escapeText } from "../io/escape.js";
import type { Style } from "../io/style.js";
import { renderBars } from "./chart.js";
import { renderTable } from "./table.js";
import { formatTime } from "./time.js";

interface Row {
  readonly series: MetricSeries;
  readonly point: MetricPoint;
}

export function renderSeriesTable(series: readonly MetricSeries[], width: number | undefined, style: Style): string {
  const rows = series.flatMap((one) => one.points.map((point): Row => ({ series: one, point })));
  const dimensions = Object.keys(series[0]?.key ?? {});
  return renderTable<Row>(
    rows,
    [
      { title: "FROM", value: ({ point }) => formatTime(point.ts), fixed: true },
      ...dimensions.map((name) => ({ title: name.toUpperCase(), value: (row: Row) => row.series.key[name] ?? "-" })),
      { title: "VALUE", value: ({ point }) => (point.value === null ? "-" : String(point.value)), align: "right" },
    ],
    width,
    style,
  );
}

export function renderSeriesChart(series: readonly MetricSeries[], width: number | undefined, style: Style): string {
  return series
    .map(({ key, points }) => {
      const label = Object.entries(key).map(([name, value]) => `${name}=${value ?? "-"}`);
      const title = label.length === 0 ? "" : `${style.bold(escapeText(label.join(" ")))}\n`;
      return (
        title +
        renderBars(
          points.map(({ ts, value }) => ({ label: formatTime(ts), value: value ?? 0 })),
          width,
          style,
        )
      );
    })
    .join("\n");
}
