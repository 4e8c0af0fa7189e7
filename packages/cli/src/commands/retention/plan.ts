import { CronLine, planRetention, type RetentionPlan } from "@agent-assembly/retention";
import type { RetentionSettings } from "@agent-assembly/storage";
import { parseTimeAhead } from "../../args/time.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { planTotals } from "./plan-summary.js";
import { loadSettings, type PolicyOptions } from "./settings.js";
import { renderPlan } from "./view-plan.js";

interface PlanOptions extends PolicyOptions {
  readonly at: string;
  readonly all?: boolean;
}

export async function retentionPlan(context: Context, options: PlanOptions): Promise<ExitCode> {
  const at = parseTimeAhead("--at", options.at, context.now());
  const { settings, flags } = await loadSettings(context, options);
  return context.withStorage(
    async (storage) => {
      const plan = await planRetention(storage, settings.policy, { now: at, signal: context.signal });
      await showPlan(context, plan, settings, options.all === true);
      return exitOfPlan(plan);
    },
    { readsOnly: true, flags },
  );
}

/** @param every a line for each partition */
export async function showPlan(
  context: Context,
  plan: RetentionPlan,
  { schedule, dryRun }: RetentionSettings,
  every: boolean,
): Promise<void> {
  const next = new CronLine(schedule).next(new Date(context.now()));
  if (context.json) {
    const document = { ...plan, totals: planTotals(plan), nextRun: next, schedule, dryRun };
    await context.out.line(formatJson(document));
    return;
  }
  const { width, style } = context;
  await context.out.write(renderPlan(plan, { at: next, dryRun }, { width, style, now: context.now(), every }));
}

/** A plan that no run may carry out is a problem. */
export function exitOfPlan({ foreign }: RetentionPlan): ExitCode {
  return foreign.length === 0 ? EXIT.ok : EXIT.problem;
}
