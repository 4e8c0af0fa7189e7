import type { PlanItem, RunProgress } from "@agent-assembly/retention";
import { escapeText } from "../../terminal/escape.js";
import { formatBytes, formatDay, formatRelative, formatSecond, rowsText, segmentsText } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { planTotals } from "./plan-totals.js";
import type { Explain } from "./run-document.js";
import type { LoggedEvent } from "./schedule-log.js";
import { doneText } from "./view-run.js";

/** An event of the retention daemon on one line. */
export function renderScheduleEvent(event: LoggedEvent, at: Date, explain: Explain, style: Style): string {
  const { text, paint = (plain: string) => plain } = describe(event, at, explain, style);
  return `${style.dim(formatSecond(at))}  ${paint(escapeText(text.replace(/\s*\n\s*/g, "; ")))}`;
}

interface Line {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

function describe(event: LoggedEvent, at: Date, explain: Explain, style: Style): Line {
  switch (event.kind) {
    case "watching":
      return { text: `schedule "${event.schedule}" in UTC${dryText(event)}; watching ${event.file}` };
    case "waiting":
      return { text: `waiting until ${formatSecond(event.until)} (${formatRelative(event.until, at.getTime())})` };
    case "started":
      return { text: `run for ${formatSecond(event.scheduledFor)} begins${event.missed ? ", which was missed" : ""}` };
    case "progress":
      return describeProgress(event.progress, explain, style);
    case "planned":
      return { text: `dry run: ${planText(event.plan)}` };
    case "ended": {
      const { outcome } = event.report;
      const paint = outcome === "succeeded" ? style.green : outcome === "failed" ? style.red : style.yellow;
      return { text: `run ${outcome}: ${doneText(event.report)}`, paint };
    }
    case "left":
      return {
        text: `run for ${formatSecond(event.scheduledFor)} ${event.to === "done" ? "was made" : "is being made"} by another process`,
      };
    case "failed":
      return { text: `failed: ${event.error.code}: ${explain(event.error).message}`, paint: style.red };
    case "reloaded": {
      const restart =
        event.restartFor.length === 0 ? "" : `; a restart is needed for the new ${event.restartFor.join(", ")}`;
      const why = event.cause === "file" ? "the file changed" : "SIGHUP";
      return { text: `configuration read again (${why}): schedule "${event.schedule}"${dryText(event)}${restart}` };
    }
    case "reload_failed":
      return {
        text: `the configuration was not taken over, the old settings stay: ${event.message}`,
        paint: style.red,
      };
    case "stopped":
      return { text: "stopped" };
  }
}

function describeProgress(progress: RunProgress, explain: Explain, style: Style): Line {
  switch (progress.kind) {
    case "planned":
      return { text: `plan: ${planText(progress.plan)}` };
    case "recovered": {
      const { archiveId, from } = progress.archive;
      const what = `the archive ${archiveId} of ${formatDay(from)}, half done by an earlier run,`;
      return { text: `${what} was ${progress.how === "resumed" ? "verified and its rows dropped" : "removed"}` };
    }
    case "failed":
      return {
        text: `${progress.item.id} failed: ${progress.error.code}: ${explain(progress.error).message}`,
        paint: style.red,
      };
    default:
      return { text: itemText(progress.item) };
  }
}

const DONE = { archive: "archived", drop: "dropped", compress: "compressed" } as const;

function itemText({ action, dataset, segment, rows, bytes }: PlanItem): string {
  return `${DONE[action]} ${rowsText(rows)} of ${dataset} ${formatDay(segment.from)} (about ${formatBytes(bytes)})`;
}

function planText(plan: Parameters<typeof planTotals>[0]): string {
  const { archive, drop, compress, kept, held } = planTotals(plan);
  const parts = [
    `archive ${rowsText(archive.rows)}`,
    `drop ${rowsText(drop.rows)}`,
    `compress ${segmentsText(compress.segments)}`,
    `keep ${rowsText(kept.rows)}`,
  ];
  return `${parts.join(", ")}${held.rows === 0 ? "" : ` (${rowsText(held.rows)} under legal hold)`}`;
}

function dryText({ dryRun }: { readonly dryRun: boolean }): string {
  return dryRun ? ", dry runs only" : "";
}
