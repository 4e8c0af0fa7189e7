import type { BenchResult } from "./result.js";

/** The results as a table of text. */
export function table(results: readonly BenchResult[]): string {
  const rows = results.map(({ name, value, floor, unit, ratio, target, ok }) => [
    name,
    `${figure(value)} ${unit}`,
    floor === null ? "-" : `${figure(floor)} ${unit}`,
    figure(ratio),
    target,
    ok ? "met" : "MISSED",
  ]);
  const all = [["work", "measured", "floor", "ratio", "target", ""], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => (row[column] as string).length))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
