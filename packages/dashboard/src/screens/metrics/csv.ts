import type { MetricSeries } from "../../server/wire.js";

/** Saves all series as a CSV file, RFC 4180, one line for each point. */
export function saveCsv(metric: string, series: readonly MetricSeries[], by: string): void {
  const lines = series.flatMap(({ key, points }) =>
    points.map(({ ts, value }) => [ts, by === "" ? "" : (key[by] ?? ""), value === null ? "" : String(value)]),
  );
  const text = [["time", by === "" ? "group" : by, metric], ...lines]
    .map((line) => line.map(field).join(","))
    .join("\r\n");
  const url = URL.createObjectURL(new Blob([`${text}\r\n`], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "metric.csv";
  link.click();
  URL.revokeObjectURL(url);
}

// A field that begins like a formula would be computed by a spreadsheet; a quote in front makes it a text.
function field(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
