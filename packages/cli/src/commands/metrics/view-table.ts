import type { MetricPoint, MetricSeries } from "@agent-assembly/storage-core";
import { formatTime } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { renderTable } from "../../terminal/table.js";

interface Row {
  readonly series: MetricSeries;
  readonly point: MetricPoint;
}

/** A row for each point: when its bucket begins, whose it is, and its value. */
export function renderSeriesTable(series: readonly MetricSeries[], width: number | undefined, style: Style): string {
  const rows = series.flatMap((one) => one.points.map((point): Row => ({ series: one, point })));
  const dimensions = Object.keys(series[0]?.key ?? {});
  return renderTable<Row>(
    rows,
    [
      { title: "FROM", value: ({ point }) => formatTime(point.ts), fixed: true },
      ...dimensions.map((name) => ({ title: name.toUpperCase(), value: (row: Row) => row.series.key[name] ?? "-" })),
      { title: "VALUE", value: ({ point }) => formatValue(point.value), align: "right", fixed: true },
    ],
    width,
    style,
  );
}

/** Without the noise that binary fractions leave in the last digits; `--json` has every digit. */
function formatValue(value: number | null): string {
  return value === null ? "-" : String(Number(value.toPrecision(12)));
}
