import type { SummaryDimension, SummaryRow } from "@agent-assembly/storage-core";
import { parseBucket } from "@agent-assembly/storage-core/backend";
import { dimensionTitle } from "../../args/dimensions.js";
import { type Bar, renderBars } from "../../terminal/bars.js";
import { formatCount } from "../../terminal/format.js";
import { localClock } from "../../terminal/local-clock.js";
import type { Style } from "../../terminal/style.js";
import { type Column, renderTable } from "../../terminal/table.js";

const MAX_BARS = 48;

export function renderSummaryTable(
  rows: readonly SummaryRow[],
  groupBy: readonly SummaryDimension[],
  timeZone: string,
  width: number | undefined,
  style: Style,
): string {
  const label = bucketLabels(timeZone);
  const columns: Column<SummaryRow>[] = [
    { title: "FROM", value: (row) => row.bucket && label(row.bucket), fixed: true },
    ...groupBy.map(
      (dimension): Column<SummaryRow> => ({
        title: dimensionTitle(dimension),
        value: (row) => String(row.key[dimension] ?? "-"),
      }),
    ),
    { title: "COUNT", value: (row) => formatCount(row.count), align: "right", fixed: true },
  ];
  return renderTable(rows, columns, width, style);
}

/** Bars per bucket where there are buckets (empty ones included), per key otherwise. */
export function renderSummaryChart(
  rows: readonly SummaryRow[],
  bucket: { readonly every: string; readonly timeZone?: string | undefined } | undefined,
  width: number | undefined,
  style: Style,
): string {
  const bars = bucket === undefined ? keyBars(rows) : bucketBars(rows, bucket);
  const shown = bucket === undefined ? bars.slice(0, MAX_BARS) : bars.slice(-MAX_BARS);
  const left = bars.length - shown.length;
  const note =
    left === 0 ? "" : style.dim(`(${formatCount(left)} ${bucket === undefined ? "smaller" : "earlier"} not drawn)\n`);
  return bucket === undefined ? renderBars(shown, width, style) + note : note + renderBars(shown, width, style);
}

function keyBars(rows: readonly SummaryRow[]): Bar[] {
  return rows
    .map((row) => ({
      label:
        Object.values(row.key)
          .map((value) => String(value ?? "-"))
          .join(" / ") || "all",
      value: row.count,
    }))
    .sort((a, b) => b.value - a.value);
}

function bucketBars(
  rows: readonly SummaryRow[],
  bucket: { readonly every: string; readonly timeZone?: string | undefined },
): Bar[] {
  const totals = new Map<number, number>();
  for (const row of rows) {
    const start = row.bucket?.getTime() ?? 0;
    totals.set(start, (totals.get(start) ?? 0) + row.count);
  }
  const starts = [...totals.keys()];
  const first = starts[0];
  const last = starts.at(-1);
  if (first === undefined || last === undefined) return [];
  const bucketing = parseBucket(bucket);
  // Only the drawn end is filled in: years of empty minutes would be millions of bars.
  const tail = starts.slice(-MAX_BARS);
  let dense: number[] = [];
  for (let start = first; start <= last; start = bucketing.next(start)) {
    dense.push(start);
    if (dense.length > 10_000) {
      dense = tail;
      break;
    }
  }
  const label = bucketLabels(bucketing.timeZone);
  return dense.map((start) => ({ label: label(start), value: totals.get(start) ?? 0 }));
}

/** Formats starts of buckets as the clock of their time zone shows them, to the minute. */
function bucketLabels(timeZone: string): (start: number | Date) => string {
  const clock = localClock(timeZone);
  const suffix = timeZone === "UTC" ? "Z" : "";
  return (start) => `${clock(start).slice(0, -":00".length)}${suffix}`;
}
