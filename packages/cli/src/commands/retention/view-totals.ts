import { formatBytes, formatCount, rowsText, segmentsText } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import type { PlanTotals } from "./plan-totals.js";

/** The bottom line: what leaves the store and what stays. */
export function renderPlanTotals(totals: PlanTotals, style: Style): string {
  const { archive, drop, compress, kept, held } = totals;
  const rows = archive.rows + drop.rows;
  const leaving =
    rows === 0
      ? "nothing leaves the store"
      : `${rowsText(rows)} (about ${formatBytes(archive.bytes + drop.bytes)}) leave the store: ${[
          ...(archive.rows === 0 ? [] : [`${formatCount(archive.rows)} archived`]),
          ...(drop.rows === 0 ? [] : [`${formatCount(drop.rows)} dropped for good`]),
        ].join(", ")}`;
  const lines = [
    leaving,
    ...(compress.segments === 0
      ? []
      : [`${segmentsText(compress.segments)} (${formatBytes(compress.bytes)}) to be compressed in place`]),
    `${rowsText(kept.rows)} (about ${formatBytes(kept.bytes)}) stay${
      held.rows === 0 ? "" : `, ${formatCount(held.rows)} of them under legal hold`
    }`,
  ];
  return lines.map((line, index) => `${index === 0 ? style.bold("Total") : "     "}  ${line}\n`).join("");
}
