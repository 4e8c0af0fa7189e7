import type { Bucket, MetricQuery, MetricSeries } from "@agent-assembly/storage-core";
import { parseBucket } from "@agent-assembly/storage-core/backend";
import { escapeText } from "../../terminal/escape.js";
import { formatCount } from "../../terminal/format.js";
import { MAX_LINES, type PlotLine, renderPlot } from "../../terminal/plot/plot.js";
import type { Style } from "../../terminal/style.js";

/** Of these a bucket without samples is zero, and an axis that does not start there exaggerates. */
export const ADDITIVE: ReadonlySet<MetricQuery["aggregate"]> = new Set(["sum", "count", "rate"]);

export interface SeriesPlotOptions {
  readonly width: number;
  readonly height: number;
  readonly unicode: boolean;
  readonly style: Style;
}

/** The series as lines under a title; of many the ones with the highest peaks. */
export function renderSeriesPlot(
  series: readonly MetricSeries[],
  query: MetricQuery & { readonly bucket: Bucket },
  { style, ...options }: SeriesPlotOptions,
): string {
  const { metric, aggregate, bucket, from, to } = query;
  const { every, timeZone, startOf, next } = parseBucket(bucket);
  const lines = series.map(({ key, points }): PlotLine & { peak: number } => {
    const placed = points.map(({ ts, value }) => {
      const start = ts.getTime();
      return { at: (start + next(start)) / 2, value };
    });
    const peak = placed.reduce((most, { value }) => Math.max(most, Math.abs(value ?? 0)), 0);
    return { name: nameOf(key), points: placed, peak };
  });
  const shown = [...lines].sort((a, b) => b.peak - a.peak).slice(0, MAX_LINES);
  const left = lines.length - shown.length;
  const start = startOf(from.getTime());
  const title = `${style.bold(escapeText(metric))}${style.dim(`  ${aggregate} per ${every}, ${timeZone}`)}\n`;
  const note =
    left === 0
      ? ""
      : style.dim(`(${formatCount(left)} smaller series not drawn; filter by --agent, --team or --label)\n`);
  const plot = renderPlot(shown, {
    ...options,
    style,
    fromZero: ADDITIVE.has(aggregate),
    from: start,
    to: Math.max(to.getTime(), next(start)),
    timeZone,
  });
  return title + plot + note;
}

/** `support-bot / -`: the values alone, since the command line says what they are of. */
function nameOf(key: MetricSeries["key"]): string {
  return Object.values(key)
    .map((value) => value ?? "-")
    .join(" / ");
}
