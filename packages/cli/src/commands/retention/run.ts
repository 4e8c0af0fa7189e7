import { planRetention, type RetentionPlan, type RunReport, runPlan } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { explainWith, inSettings } from "../../explain-error.js";
import { rowsText } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { Progress } from "../../terminal/progress.js";
import { dropEvidence } from "./drop-evidence.js";
import { archiveOpener } from "./open-archive.js";
import { exitOfPlan, showPlan } from "./plan.js";
import { type PlanTotals, planTotals } from "./plan-summary.js";
import { type LoadedSettings, loadSettings, type PolicyOptions } from "./settings.js";
import { renderForeign, renderPlanTotals } from "./view-plan.js";
import { RunMeter, renderRun, runDocument } from "./view-run.js";

interface RunCommandOptions extends PolicyOptions {
  readonly yes?: boolean;
  /** False with `--no-dry-run`. */
  readonly dryRun?: boolean;
}

const HOW_TO_RUN = ", because storage.retention.dry_run is true; --no-dry-run runs it all the same";

export async function retentionRun(context: Context, options: RunCommandOptions): Promise<ExitCode> {
  const loaded = await loadSettings(context, options);
  const { settings, flags } = loaded;
  const dryRun = options.dryRun ?? settings.dryRun;
  if (!dryRun && options.yes !== true && !context.interactive) {
    throw new UsageError(
      "there is no terminal to ask on; add --yes to run without a question, or --dry-run to see what it would do",
    );
  }
  return context.withStorage(
    async (storage) => {
      const plan = await planRetention(storage, settings.policy, { signal: context.signal });
      if (dryRun) {
        await showPlan(context, plan, settings, false);
        if (!context.json)
          await context.out.line(`\nDry run: nothing was changed${options.dryRun === true ? "" : HOW_TO_RUN}.`);
        return exitOfPlan(plan);
      }
      if (!(await agreed(context, plan, options.yes === true))) {
        await context.out.line("Nothing was changed.");
        return EXIT.ok;
      }
      return carryOut(context, storage, plan, loaded);
    },
    { writes: !dryRun, endsBetweenSteps: true, flags },
  );
}

/** Shows what is about to happen, and asks where something is going to be lost or moved. */
async function agreed(context: Context, plan: RetentionPlan, yes: boolean): Promise<boolean> {
  const totals = planTotals(plan);
  if (!context.json) {
    await context.out.write(`${renderForeign(plan, context.style)}${renderPlanTotals(totals, context.style)}`);
  }
  // A run beside another retention refuses by itself, and says so.
  if (yes || plan.foreign.length > 0 || (plan.items.length === 0 && plan.unfinished.length === 0)) return true;
  return context.confirm(questionOf(totals, plan));
}

function questionOf({ archive, drop }: PlanTotals, { unfinished, policy }: RetentionPlan): string {
  const parts = [
    ...(archive.rows === 0 ? [] : [`archive ${rowsText(archive.rows)} to ${policy.archiveUrl}`]),
    ...(drop.rows === 0 ? [] : [`drop ${rowsText(drop.rows)} for good`]),
    ...(unfinished.length === 0 ? [] : ["finish what an earlier run left half done"]),
  ];
  const text = parts.length === 0 ? "compress" : parts.join(" and ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}?`;
}

async function carryOut(
  context: Context,
  storage: StorageBackend,
  plan: RetentionPlan,
  { settings, loaded }: LoadedSettings,
): Promise<ExitCode> {
  const progress = new Progress(context.err, context.showProgress, "retention");
  const meter = new RunMeter(plan);
  const stopping = (): void => {
    if (context.interactive) tell(context, "\nStopping after this step; Ctrl-C again ends at once.\n");
  };
  context.signal.addEventListener("abort", stopping, { once: true });
  let report: RunReport;
  try {
    report = await runPlan(storage, plan, {
      signal: context.signal,
      openArchive: archiveOpener(settings.s3),
      evidence: dropEvidence(storage),
      onProgress: (step) => {
        meter.add(step);
        // A terminal that went away must not end a run.
        progress.update(meter.done, meter.total, meter.note).catch(() => undefined);
      },
    });
  } catch (error) {
    throw inSettings(error, loaded);
  } finally {
    context.signal.removeEventListener("abort", stopping);
    await progress.finish();
  }
  const explain = explainWith(loaded);
  if (context.json) await context.out.line(formatJson(runDocument(report, explain)));
  else await context.out.write(renderRun(report, explain, context.style));
  return report.outcome === "succeeded" ? EXIT.ok : EXIT.problem;
}

function tell(context: Context, text: string): void {
  context.err.write(text).catch(() => undefined);
}
