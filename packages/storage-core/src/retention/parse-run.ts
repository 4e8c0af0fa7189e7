import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject, parseChoice, parseDate, parseInteger, parseText } from "../support/input.js";
import { type FinishedRun, type RetentionRun, RUN_OUTCOMES } from "./run.js";

const DEFAULT_RUNS = 100;
const MAX_RUNS = 1000;

/** A run as backends store it: checked, times in milliseconds, absent members `null`. */
export interface RunRow {
  readonly runId: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly outcome: RetentionRun["outcome"];
  readonly scheduledFor: number | null;
  readonly rows: number;
  readonly bytes: number;
  readonly detail: string;
}

/** @throws `invalid_argument` */
export function parseRun(run: RetentionRun): RunRow {
  checkObject("run", run);
  checkKeys("run", run, [
    "runId",
    "startedAt",
    "finishedAt",
    "outcome",
    "scheduledFor",
    "rows",
    "bytes",
    "detail",
  ] satisfies (keyof FinishedRun)[]);
  const outcome = parseChoice("run.outcome", run.outcome, RUN_OUTCOMES);
  const { finishedAt } = run as Partial<FinishedRun>;
  if (outcome === "running" && finishedAt !== undefined) {
    throw invalidArgument("run.finishedAt", "must be absent while run.outcome is running");
  }
  return {
    runId: parseText("run.runId", run.runId),
    startedAt: parseDate("run.startedAt", run.startedAt),
    finishedAt: outcome === "running" ? null : parseDate("run.finishedAt", finishedAt),
    outcome,
    scheduledFor: run.scheduledFor === undefined ? null : parseDate("run.scheduledFor", run.scheduledFor),
    rows: parseInteger("run.rows", run.rows, 0, Number.MAX_SAFE_INTEGER),
    bytes: parseInteger("run.bytes", run.bytes, 0, Number.MAX_SAFE_INTEGER),
    detail: checkDetail(run.detail),
  };
}

function checkDetail(detail: unknown): string {
  if (typeof detail !== "string") throw invalidArgument("run.detail", `must be a string, got ${describeShape(detail)}`);
  if (detail.includes("\u0000") || !detail.isWellFormed()) {
    throw invalidArgument("run.detail", "must not contain U+0000 or lone surrogates");
  }
  return detail;
}

/** Whether a recorded run may be replaced by `next`. */
export function isOutcomeOf(recorded: Pick<RunRow, "outcome" | "startedAt">, next: RunRow): boolean {
  return recorded.outcome === "running" && next.outcome !== "running" && recorded.startedAt === next.startedAt;
}

/** @returns the public form of a stored run */
export function toRetentionRun(stored: RunRow): RetentionRun {
  const { outcome, startedAt, finishedAt, scheduledFor, ...rest } = stored;
  const started = {
    ...rest,
    startedAt: new Date(startedAt),
    ...(scheduledFor !== null && { scheduledFor: new Date(scheduledFor) }),
  };
  if (outcome === "running") return { ...started, outcome };
  return { ...started, outcome, finishedAt: new Date(finishedAt as number) };
}

/** @throws `invalid_argument` */
export function parseRunsLimit(options: { readonly limit?: number | undefined } = {}): number {
  checkObject("options", options);
  checkKeys("options", options, ["limit"]);
  return options.limit === undefined ? DEFAULT_RUNS : parseInteger("options.limit", options.limit, 1, MAX_RUNS);
}
