import type { PlanItem, RunReport } from "@agent-assembly/retention";
import type { LoadedConfig } from "@agent-assembly/storage";
import { aboutArchive } from "../../errors/about-archive.js";
import { aboutDatabase } from "../../errors/about-database.js";
import { planTotals } from "./plan-totals.js";

/** Puts an error into the words of the configuration. */
export type Explain = (error: Error) => Error;

export function explainWith({ config }: Pick<LoadedConfig, "config">): Explain {
  return (error) => aboutArchive(aboutDatabase(error, config)) as Error;
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
export function itemDocument({ id, action, dataset, segment, rule, rows, bytes }: PlanItem): object {
  return { id, action, dataset, from: segment.from, to: segment.to, rule, rows, bytes };
}
