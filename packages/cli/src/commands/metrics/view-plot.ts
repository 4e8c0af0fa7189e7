import type {
  AnomalySeries,
  Bucket,
  MetricPoint,
  MetricSeries,
  MetricWindow,
  WindowFunction,
} from "@agent-assembly/storage-core";
import { type Bucketing, parseBucket } from "@agent-assembly/storage-core/backend";
import { UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatCount } from "../../terminal/format.js";
import type { PlotOverlay } from "../../terminal/plot/overlay.js";
import { MAX_LINES, type PlotLine, renderPlot } from "../../terminal/plot/plot.js";
import type { Style } from "../../terminal/style.js";
import { keyName } from "./dimensions.js";
import { ADDITIVE, type MetricQuery } from "./options.js";
import { formatRounded, titleWithUnit, withUnit } from "./values.js";
import { windowText, windowUnit, windowValue } from "./windows.js";

/** A metric and what the store answered. */
export interface PlottedMetric {
  readonly query: MetricQuery & { readonly bucket: Bucket };
  readonly series: readonly MetricSeries[];
}

export interface SeriesPlotOptions {
  readonly width: number;
  readonly height: number;
  readonly unicode: boolean;
  readonly style: Style;
}

/** A line before it is scaled. */
interface Line extends PlotLine {
  readonly plot: PlottedMetric;
  readonly peak: number;
}

/** Drawn with the values beside them, from which they do not differ much. */
const COMPARED: ReadonlySet<WindowFunction> = new Set(["movingAvg", "movingMin", "movingMax", "lag"]);

/** Results of these are not zero where values are: their axis begins where the results do. */
const OFF_ZERO: ReadonlySet<WindowFunction> = new Set(["delta", "percentChange", "rank"]);

/**
 * The series of one or more metrics, all over one range, as lines under a title; of many lines the ones with the highest peaks.
 * @param anomalies of the only metric
 * @throws UsageError for windows whose results cannot share an axis
 */
export function renderSeriesPlot(
  plots: readonly PlottedMetric[],
  anomalies: readonly AnomalySeries[] | undefined,
  { style, ...options }: SeriesPlotOptions,
): string {
  const [{ query }] = plots as [PlottedMetric];
  const bucketing = parseBucket(query.bucket);
  const units = plots.map(unitOf);
  const scaled = new Set(units).size > 1;
  const all = plots.flatMap((plot) => linesOf(plot, plots.length > 1, bucketing));
  const maxima = new Map(plots.map((plot) => [plot, maximumOf(all.filter((line) => line.plot === plot))]));
  const lines = scaled ? all.map((line) => toPercent(line, maxima.get(line.plot) as number)) : all;
  const shown = [...lines].sort((a, b) => b.peak - a.peak).slice(0, MAX_LINES);
  const start = bucketing.startOf(query.from.getTime());
  const picture = renderPlot(shown, {
    ...options,
    style,
    fromZero: ADDITIVE.has(query.aggregate) && !(query.window ?? []).some((window) => OFF_ZERO.has(window.function)),
    from: start,
    to: Math.max(query.to.getTime(), bucketing.next(start)),
    timeZone: bucketing.timeZone,
    ...(scaled ? { suffix: "%" } : {}),
    ...(anomalies === undefined ? {} : { overlay: overlayOf(anomalies, bucketing) }),
  });
  const notes = [
    ...(scaled
      ? [`100% is ${plots.map((plot, i) => maximumText(plot, maxima.get(plot) as number, units[i])).join(", ")}`]
      : []),
    ...(anomalies === undefined ? [] : [anomalyNote(anomalies, options.unicode)]),
    ...(lines.length > shown.length
      ? [`(${formatCount(lines.length - shown.length)} smaller series not drawn; filter by --agent, --team or --label)`]
      : []),
  ];
  return `${titleOf(plots, scaled, style)}\n${picture}${notes.map((note) => style.dim(`${escapeText(note)}\n`)).join("")}`;
}

function titleOf(plots: readonly PlottedMetric[], scaled: boolean, style: Style): string {
  const [first] = plots as [PlottedMetric];
  const { aggregate, window, bucket } = first.query;
  const { every, timeZone } = parseBucket(bucket);
  const names = plots.map(({ query }) => query.metric).join(", ");
  const title = escapeText(scaled ? names : titleWithUnit(names, unitOf(first)));
  const windows = window === undefined ? "" : `${window.map(windowText).join(", ")} of `;
  const scale = scaled ? ", each in % of its maximum" : "";
  return `${style.bold(title)}${style.dim(`  ${windows}${aggregate} per ${every}, ${timeZone}${scale}`)}`;
}

/** Of what is drawn. */
function unitOf({ query, series }: PlottedMetric): string | undefined {
  const unit = series[0]?.unit;
  const units = (query.window ?? []).map((window) => windowUnit(window, unit));
  if (new Set(units).size > 1) {
    throw new UsageError("--window names functions whose results have different units; plot them one at a time");
  }
  return query.window === undefined ? unit : units[0];
}

/** A line for each series, or for each of its windows; beside a single window the values as dots, where they compare. */
function linesOf(plot: PlottedMetric, namesMetric: boolean, bucketing: Bucketing): Line[] {
  const { query, series } = plot;
  const [window, ...others] = query.window ?? [];
  const [only, ...rest] = series;
  if (window === undefined) return series.map((one) => toLine(plot, one, nameOf(plot, one, namesMetric), bucketing));
  if (only !== undefined && others.length + rest.length === 0 && !namesMetric && COMPARED.has(window.function)) {
    return [
      { ...toLine(plot, only, query.aggregate, bucketing), dotted: true },
      toLine(plot, only, windowText(window), bucketing, 0),
    ];
  }
  return series.flatMap((one) =>
    [window, ...others].map((each, index) => {
      const what = others.length === 0 ? undefined : windowText(each);
      return toLine(plot, one, nameOf(plot, one, namesMetric, what), bucketing, index);
    }),
  );
}

/** @param window index of the one whose results are drawn instead of the values */
function toLine(
  plot: PlottedMetric,
  { points }: MetricSeries,
  name: string,
  bucketing: Bucketing,
  window?: number,
): Line {
  const drawn = (point: MetricPoint): number | null =>
    window === undefined
      ? point.value
      : windowValue((plot.query.window ?? [])[window] as MetricWindow, point.windows?.[window] ?? null);
  const placed = points.map((point) => ({ at: middleOf(point.ts, bucketing), value: drawn(point) }));
  const peak = placed.reduce((most, { value }) => Math.max(most, Math.abs(value ?? 0)), 0);
  return { name, points: placed, peak, plot };
}

/** `cost_usd / support-bot / movingAvg:6`, as far as it tells lines apart. */
function nameOf({ query }: PlottedMetric, { key }: MetricSeries, namesMetric: boolean, window?: string): string {
  return [namesMetric ? query.metric : "", keyName(key), window ?? ""].filter((part) => part !== "").join(" / ");
}

function middleOf(ts: Date, { next }: Bucketing): number {
  const start = ts.getTime();
  return (start + next(start)) / 2;
}

function maximumOf(lines: readonly Line[]): number {
  return lines.reduce(
    (most, { points }) => points.reduce((max, { value }) => Math.max(max, Math.abs(value ?? 0)), most),
    0,
  );
}

function toPercent(line: Line, maximum: number): Line {
  const scale = (value: number | null) => (value === null || maximum === 0 ? value : (value / maximum) * 100);
  return {
    ...line,
    points: line.points.map(({ at, value }) => ({ at, value: scale(value) })),
    peak: maximum === 0 ? 0 : (line.peak / maximum) * 100,
  };
}

function maximumText({ query }: PlottedMetric, maximum: number, unit: string | undefined): string {
  return `${withUnit(formatRounded(maximum), unit)} of ${query.metric}`;
}

/** Anomalies of all series, and the expected band of a single one: those of several would cover each other. */
function overlayOf(anomalies: readonly AnomalySeries[], { next }: Bucketing): PlotOverlay {
  const [first, ...others] = anomalies;
  const band = others.length > 0 ? [] : (first?.points ?? []);
  return {
    band: band.flatMap(({ ts, lower, upper }) =>
      lower === null || upper === null ? [] : [{ from: ts.getTime(), to: next(ts.getTime()), lower, upper }],
    ),
    marks: anomalies.flatMap(({ points }) =>
      points.flatMap(({ ts, value, anomaly }) =>
        anomaly && value !== null ? [{ at: (ts.getTime() + next(ts.getTime())) / 2, value }] : [],
      ),
    ),
  };
}

function anomalyNote(anomalies: readonly AnomalySeries[], unicode: boolean): string {
  const count = anomalies.reduce((sum, { points }) => sum + points.filter(({ anomaly }) => anomaly).length, 0);
  const [mark, shade] = unicode ? ["●", "░"] : ["!", ":"];
  const marked = `${mark} ${count === 1 ? "1 anomaly" : `${formatCount(count)} anomalies`}`;
  return anomalies.length > 1 ? marked : `${marked}   ${shade} expected`;
}
