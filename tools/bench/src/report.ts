import type { BenchResult } from "./result.js";
import { figure, textTable } from "./text-table.js";

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
  return textTable([["work", "measured", "floor", "ratio", "target", ""], ...rows]);
}
