import { countText } from "@agent-assembly/storage-core/backend";
import type { Finding } from "../findings.js";
import type { ContinuedLog } from "../leaf/continued-log.js";
import type { ExportReport } from "../verify/verify-export.js";

/** A report as text for people, of which what a terminal obeys is not taken out: findings, what could not be checked, notes, and last the verdict in one line. */
export function reportText(report: ExportReport): string {
  const { findings, findingCount, unchecked } = report;
  const more = findingCount - findings.length;
  const lines = [
    ...findings.map(findingText),
    ...(more > 0 ? [`and ${number(more)} more`] : []),
    ...unchecked.map((what) => `could not check: ${what}`),
    ...notes(report),
    verdict(report),
  ];
  return `${lines.join("\n")}\n`;
}

/** A finding in one line: its code, where it is, and what was found. */
export function findingText({ code, leaf, eventId, detail }: Finding): string {
  const where = [
    code,
    leaf === undefined ? undefined : `leaf ${leaf}`,
    eventId === undefined ? undefined : `event ${eventId}`,
  ];
  return `${where.filter((part) => part !== undefined).join("  ")}: ${detail}`;
}

function notes({ checkpoint, continues, from, to, anchors, earlier, droppedAtEdges }: ExportReport): string[] {
  const range = `from ${from?.toISOString() ?? "the beginning"} to before ${to?.toISOString() ?? "the end"}`;
  return [
    ...(checkpoint === undefined ? [] : [`log ${checkpoint.origin}, ${number(checkpoint.size)} leaves, ${range}`]),
    ...(continues === undefined ? [] : [continuesText(continues)]),
    ...anchors.map(
      ({ anchor, where, at, size }) => `anchored: ${anchor} ${where}, ${at.toISOString()}, ${number(size)} leaves`,
    ),
    ...earlier.map((size) => `continues the checkpoint of ${number(size)} leaves`),
    ...(droppedAtEdges === 0
      ? []
      : [
          `${number(droppedAtEdges)} dropped on days of which only a part is in the range, or not sealed yet: whether they are in the range, nothing says`,
        ]),
  ];
}

/** What a log says of the one before it. */
export function continuesText({ origin, size, at, reason }: ContinuedLog): string {
  return `continues the log ${origin} after its checkpoint of ${number(size)} leaves, since ${at.toISOString()}: ${reason}`;
}

function verdict(report: ExportReport): string {
  const { isComplete, findingCount, events, missing, erased, dropped, runs } = report;
  const names = runs.length === 0 ? "" : ` (${runs.length === 1 ? "run" : "runs"} ${runs.join(", ")})`;
  const counts = `${number(events)} ${events === 1 ? "event" : "events"}, ${number(missing)} missing, ${number(erased)} erased, ${number(dropped)} dropped${names}`;
  if (isComplete) return `complete: ${counts}`;
  return findingCount > 0 ? `${countText(findingCount, "finding")}: ${counts}` : `not checked: ${counts}`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
