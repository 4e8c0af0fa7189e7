import type { PlanItem, RetentionPlan, RunProgress, RunReport } from "@agent-assembly/retention";
import type { Explain } from "../../explain-error.js";
import { escapeText } from "../../terminal/escape.js";
import {
  formatBytes,
  formatCount,
  formatDay,
  formatDuration,
  partitionsText,
  rowsText,
} from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { planTotals } from "./plan-summary.js";

/** How far a run has come, in rows over the whole plan: one that is archived is written and then dropped, so it counts twice. */
export class RunMeter {
  readonly total: number;
  #finished = 0;
  #current = 0;
  #note = "";

  constructor({ items }: Pick<RetentionPlan, "items">) {
    this.total = items.reduce((sum, item) => sum + workOf(item), 0);
  }

  get done(): number {
    return this.#finished + this.#current;
  }

  get note(): string {
    return this.#note;
  }

  add(progress: RunProgress): void {
    switch (progress.kind) {
      case "started":
        this.#note = noteOf(progress.item, `${progress.item.action} `);
        return;
      case "rows": {
        const { item, phase, rows } = progress;
        this.#current = Math.min(
          workOf(item),
          phase === "dropping" && item.action === "archive" ? item.rows + rows : rows,
        );
        this.#note = noteOf(item, `${phase} ${formatCount(rows)} of `);
        return;
      }
      case "done":
      case "failed":
        this.#finished += workOf(progress.item);
        this.#current = 0;
        return;
    }
  }
}

function workOf({ action, rows }: PlanItem): number {
  return action === "compress" ? 0 : action === "archive" ? 2 * rows : rows;
}

function noteOf({ dataset, partition, rows }: PlanItem, doing: string): string {
  return `${doing}${rowsText(rows)} of ${dataset} ${formatDay(partition.from)}`;
}

/** What became of a run, and what to do about what failed. */
export function renderRun(report: RunReport, explain: Explain, style: Style): string {
  const { outcome, failures, warnings } = report;
  const took = formatDuration(report.finishedAt.getTime() - report.startedAt.getTime());
  const paint = outcome === "succeeded" ? style.green : outcome === "failed" ? style.red : style.yellow;
  return [
    `${paint(`Run ${outcome}`)} after ${took}: ${doneText(report)}\n`,
    ...failures.map(({ item, error }) => {
      const what = item === undefined ? "an archive of an earlier run" : item.id;
      return `${style.red("!")} ${escapeText(`${what}: ${error.code}: ${explain(error).message}`)}\n`;
    }),
    ...warnings.map((warning) => `${style.yellow("!")} ${escapeText(warning)}\n`),
    outcome === "failed" ? "What failed is still in the store; when the cause is gone: aasm retention run\n" : "",
    outcome === "interrupted" ? "The next run goes on from there: aasm retention run\n" : "",
  ].join("");
}

export function doneText({ rows, bytes, archivedRows, compressedPartitions }: RunReport): string {
  const dropped = rows - archivedRows;
  const parts = [
    ...(rows === 0 ? ["no rows left the store"] : [`${rowsText(rows)} left the store (about ${formatBytes(bytes)})`]),
    ...(archivedRows === 0 ? [] : [`${formatCount(archivedRows)} archived`]),
    ...(dropped === 0 ? [] : [`${formatCount(dropped)} dropped`]),
    ...(compressedPartitions === 0 ? [] : [`${partitionsText(compressedPartitions)} compressed`]),
  ];
  return parts.join(", ");
}

/** A report for `--json`, the plan shortened to what it came to. */
export function runDocument({ plan, failures, ...report }: RunReport, explain: Explain): object {
  return {
    ...report,
    failures: failures.map(({ item, error }) => ({
      ...(item !== undefined && { item: item.id }),
      code: error.code,
      message: explain(error).message,
    })),
    planned: planTotals(plan),
  };
}

/** An item of a plan for `--json`. */
export function itemDocument({ id, action, dataset, partition, rule, rows, bytes }: PlanItem): object {
  return { id, action, dataset, from: partition.from, to: partition.to, rule, rows, bytes };
}
