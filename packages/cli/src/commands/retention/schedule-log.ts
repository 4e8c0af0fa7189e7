import type { PlanItem, RunProgress, ScheduleEvent } from "@agent-assembly/retention";
import type { Context } from "../../context.js";
import type { Explain } from "../../explain-error.js";
import { escapeText, oneLine } from "../../terminal/escape.js";
import {
  formatBytes,
  formatDay,
  formatRelative,
  formatSecond,
  partitionsText,
  rowsText,
} from "../../terminal/format.js";
import { formatJsonLine } from "../../terminal/json.js";
import type { Style } from "../../terminal/style.js";
import { planTotals } from "./plan-summary.js";
import { doneText, itemDocument, runDocument } from "./view-run.js";

/** What the daemon does beside its schedule. */
export type DaemonEvent =
  | { readonly kind: "watching"; readonly schedule: string; readonly file: string; readonly dryRun: boolean }
  | {
      readonly kind: "reloaded";
      readonly cause: "file" | "SIGHUP";
      readonly schedule: string;
      readonly dryRun: boolean;
      /** Keys that changed and count only after a restart. */
      readonly restartFor: readonly string[];
    }
  | { readonly kind: "reload_failed"; readonly cause: "file" | "SIGHUP"; readonly message: string }
  | { readonly kind: "stopped" };

export type LoggedEvent = ScheduleEvent | DaemonEvent;

/** A line on stdout for each event, in order; with `--json` a document a line. */
export class ScheduleLog {
  #written: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: Context,
    private readonly explain: Explain,
  ) {}

  add(event: LoggedEvent): void {
    const line = this.#line(event);
    if (line === undefined) return;
    // A reader that has gone aborts the context's signal, which is what ends the daemon.
    this.#written = this.#written.then(() => this.context.out.line(line)).catch(() => undefined);
  }

  /** Resolves when all lines are written. */
  async flush(): Promise<void> {
    await this.#written;
  }

  #line(event: LoggedEvent): string | undefined {
    const { json, now, style } = this.context;
    if (event.kind === "progress" && isStep(event.progress)) return undefined;
    const at = new Date(now());
    if (!json) return renderScheduleEvent(event, at, this.explain, style);
    return formatJsonLine({ at, ...eventDocument(event, this.explain) });
  }
}

/** Of these there are thousands in a run. */
function isStep({ kind }: RunProgress): boolean {
  return kind === "rows" || kind === "archive" || kind === "started";
}

function eventDocument(event: LoggedEvent, explain: Explain): object {
  switch (event.kind) {
    case "progress":
      return progressDocument(event.progress, explain);
    case "planned":
      return { event: "planned", scheduledFor: event.scheduledFor, ...planTotals(event.plan) };
    case "ended":
      return { event: "ended", scheduledFor: event.scheduledFor, report: runDocument(event.report, explain) };
    case "failed":
      return { event: "failed", code: event.error.code, message: explain(event.error).message };
    default: {
      const { kind, ...rest } = event;
      return { event: kind, ...rest };
    }
  }
}

const RECOVERED = {
  resumed: "verified and its rows dropped",
  held: "verified and its rows dropped, without those under a legal hold",
  discarded: "removed",
  kept: "kept, and so were its rows: the store was restored from a backup since",
} as const;

function progressDocument(progress: RunProgress, explain: Explain): object {
  switch (progress.kind) {
    case "planned":
      return { event: "planned", ...planTotals(progress.plan) };
    case "recovered": {
      const { archiveId, url, rows } = progress.archive;
      return { event: "recovered", how: progress.how, archiveId, url, rows };
    }
    case "failed":
      return {
        event: "item_failed",
        item: itemDocument(progress.item),
        code: progress.error.code,
        message: explain(progress.error).message,
      };
    default:
      return { event: `item_${progress.kind}`, item: itemDocument(progress.item) };
  }
}

/** An event of the retention daemon on one line. */
export function renderScheduleEvent(event: LoggedEvent, at: Date, explain: Explain, style: Style): string {
  const { text, paint = (plain: string) => plain } = describe(event, at, explain, style);
  return `${style.dim(formatSecond(at))}  ${paint(escapeText(oneLine(text, "; ")))}`;
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
      return { text: `${what} was ${RECOVERED[progress.how]}` };
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

function itemText({ action, dataset, partition, rows, bytes }: PlanItem): string {
  return `${DONE[action]} ${rowsText(rows)} of ${dataset} ${formatDay(partition.from)} (about ${formatBytes(bytes)})`;
}

function planText(plan: Parameters<typeof planTotals>[0]): string {
  const { archive, drop, compress, kept, held } = planTotals(plan);
  const parts = [
    `archive ${rowsText(archive.rows)}`,
    `drop ${rowsText(drop.rows)}`,
    `compress ${partitionsText(compress.partitions)}`,
    `keep ${rowsText(kept.rows)}`,
  ];
  return `${parts.join(", ")}${held.rows === 0 ? "" : ` (${rowsText(held.rows)} under legal hold)`}`;
}

function dryText({ dryRun }: { readonly dryRun: boolean }): string {
  return dryRun ? ", dry runs only" : "";
}
