import type { AnomalyPoint, AnomalyQuery, AnomalySeries } from "@agent-assembly/storage-core";
import { csvRecord } from "../../terminal/csv.js";
import { formatCount } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { renderTable } from "../../terminal/table.js";
import { dimensionTitle } from "./dimensions.js";
import { bucketLabels, formatRounded, formatValue, titleWithUnit } from "./values.js";

export interface AnomalyViewOptions {
  /** Every bucket instead of anomalies only. */
  readonly all: boolean;
  readonly width: number | undefined;
  readonly style: Style;
}

/** How the buckets of all series were judged. */
export interface Verdict {
  readonly anomalies: number;
  /** Buckets with a score. */
  readonly judged: number;
  /** Buckets with too few buckets before them to compare with. */
  readonly withoutBaseline: number;
  /** Buckets without a value, or only partly within the range. */
  readonly skipped: number;
}

interface Row extends AnomalyPoint {
  readonly key: AnomalySeries["key"];
}

/** Counts how buckets were judged. */
export function verdictOf(series: readonly AnomalySeries[]): Verdict {
  const points = series.flatMap(({ points }) => points);
  const count = (matches: (point: AnomalyPoint) => boolean): number => points.filter(matches).length;
  return {
    anomalies: count(({ anomaly }) => anomaly),
    judged: count(({ score }) => score !== null),
    withoutBaseline: count(({ expected }) => expected === null),
    skipped: count(({ expected, score }) => expected !== null && score === null),
  };
}

/** A row for each anomaly, the most recent last, and how many buckets were judged. */
export function renderAnomalies(
  series: readonly AnomalySeries[],
  query: AnomalyQuery,
  { all, width, style }: AnomalyViewOptions,
): string {
  const rows = rowsOf(series, all);
  const verdict = verdictLine(verdictOf(series));
  if (rows.length === 0) return `No anomalies. ${verdict}\n`;
  const unit = series[0]?.unit;
  const label = bucketLabels(query.bucket);
  // Values that are never negative cannot fall below zero either.
  const isNegative = series.some(({ points }) => points.some(({ value }) => value !== null && value < 0));
  const least = isNegative ? Number.NEGATIVE_INFINITY : 0;
  const table = renderTable<Row>(
    rows,
    [
      { title: "FROM", value: ({ ts }) => label(ts), fixed: true },
      ...(query.groupBy ?? []).map((name) => ({
        title: dimensionTitle(name),
        value: ({ key }: Row) => key[name] ?? "-",
      })),
      { title: titleWithUnit("VALUE", unit), value: ({ value }) => formatValue(value), align: "right", fixed: true },
      { title: "EXPECTED", value: ({ expected }) => rounded(expected), align: "right", fixed: true },
      { title: "BAND", value: (row) => bandText(row, least), align: "right", fixed: true },
      {
        title: "SCORE",
        value: ({ score }) => (score === null ? "-" : `${score > 0 ? "+" : ""}${score.toFixed(1)}`),
        align: "right",
        fixed: true,
      },
      {
        title: "",
        // Of all buckets those that stand out are to be found.
        value: ({ anomaly }) => (all && anomaly ? "anomaly" : undefined),
        style: () => style.red,
      },
    ],
    width,
    style,
  );
  return `${table}${verdict}\n`;
}

function rowsOf(series: readonly AnomalySeries[], all: boolean): Row[] {
  return series
    .flatMap(({ key, points }) => points.map((point): Row => ({ ...point, key })))
    .filter(({ anomaly }) => all || anomaly)
    .sort((a, b) => a.ts.getTime() - b.ts.getTime());
}

function rounded(value: number | null): string {
  return value === null ? "-" : formatRounded(value, 4);
}

/** `1.2 to 5.6`. */
function bandText({ lower, upper }: AnomalyPoint, least: number): string {
  return lower === null || upper === null ? "-" : `${rounded(Math.max(least, lower))} to ${rounded(upper)}`;
}

function verdictLine({ anomalies, judged, withoutBaseline, skipped }: Verdict): string {
  return [
    `${formatCount(anomalies)} of ${bucketsText(judged)} judged ${anomalies === 1 ? "is an anomaly" : "are anomalies"}`,
    ...(withoutBaseline === 0
      ? []
      : [`${formatCount(withoutBaseline)} ${withoutBaseline === 1 ? "has" : "have"} no baseline`]),
    ...(skipped === 0
      ? []
      : [`${formatCount(skipped)} ${skipped === 1 ? "has" : "have"} no value, or only a part in the range`]),
  ].join("; ");
}

function bucketsText(count: number): string {
  return count === 1 ? "1 bucket" : `${formatCount(count)} buckets`;
}

/** The same as CSV. */
export function renderAnomaliesCsv(series: readonly AnomalySeries[], query: AnomalyQuery, all: boolean): string {
  const dimensions = query.groupBy ?? [];
  const unit = series[0]?.unit;
  return [
    csvRecord(["ts", ...dimensions, "value", "unit", "expected", "lower", "upper", "score", "anomaly"]),
    ...rowsOf(series, all).map(({ ts, key, value, expected, lower, upper, score, anomaly }) =>
      csvRecord([
        ts.toISOString(),
        ...dimensions.map((name) => key[name]),
        value,
        unit,
        expected,
        lower,
        upper,
        score,
        String(anomaly),
      ]),
    ),
  ].join("");
}
