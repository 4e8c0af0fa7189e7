import type { PlanItem, RetentionPlan, RunProgress } from "@agent-assembly/retention";
import { formatCount, formatDay } from "../../terminal/format.js";

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

function noteOf({ dataset, segment, rows }: PlanItem, doing: string): string {
  return `${doing}${formatCount(rows)} rows of ${dataset} ${formatDay(segment.from)}`;
}
