import type { SummaryDimension, SummaryRow } from "@agent-assembly/storage-core";
import { parseBucket } from "@agent-assembly/storage-core/backend";
import { dimensionTitle } from "../../args/dimensions.js";
import { type Bar, renderBars } from "../../terminal/bars.js";
import { formatCount } from "../../terminal/format.js";
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
  const columns: Column<SummaryRow>[] = [
    { title: "FROM", value: (row) => row.bucket && bucketLabel(row.bucket, timeZone), fixed: true },
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
  const bars: Bar[] = [];
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
  for (const start of dense)
    bars.push({ label: bucketLabel(new Date(start), bucketing.timeZone), value: totals.get(start) ?? 0 });
  return bars;
}

/** The bucket's start as the clock on the wall of its time zone reads it. */
function bucketLabel(start: Date, timeZone: string): string {
  const text = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).format(start);
  return timeZone === "UTC" ? `${text}Z` : text;
}
