import type { RunProgress, ScheduleEvent } from "@agent-assembly/retention";
import type { Context } from "../../context.js";
import { formatJsonLine } from "../../terminal/json.js";
import { planTotals } from "./plan-totals.js";
import { type Explain, itemDocument, runDocument } from "./run-document.js";
import { renderScheduleEvent } from "./view-schedule.js";

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
