/** Outcomes of a retention run; `running` until it has finished. */
export const RUN_OUTCOMES = [
  "running",
  "succeeded",
  "failed",
  "interrupted",
] as const satisfies RetentionRun["outcome"][];

interface StartedRun {
  readonly runId: string;
  readonly startedAt: Date;
  /** The scheduled time; absent for a run that was started by hand. */
  readonly scheduledFor?: Date | undefined;
  /** Rows removed from the store. */
  readonly rows: number;
  readonly bytes: number;
  /** Human-readable; empty when everything succeeded. */
  readonly detail: string;
}

/** A run that has not ended. A killed process leaves it so, and the next owner changes it to `interrupted`. */
export interface RunningRun extends StartedRun {
  readonly outcome: "running";
}

/** A run with its outcome. */
export interface FinishedRun extends StartedRun {
  readonly outcome: "succeeded" | "failed" | "interrupted";
  readonly finishedAt: Date;
}

/** One retention run, as recorded in the history. */
export type RetentionRun = RunningRun | FinishedRun;

/** The history of retention runs. */
export interface RetentionHistory {
  /**
   * Records a run. A run recorded as `running` is replaced once, by the record with its outcome and the same `runId`
   * and `startedAt`.
   * @throws `conflict` when the `runId` is already recorded otherwise; `invalid_argument`
   */
  recordRun(run: RetentionRun): Promise<void>;
  /**
   * Ordered by `startedAt`, newest first; runs with the same time by `runId`, descending by Unicode code point.
   * @param options `limit`: 1 to 1,000, default 100
   * @throws `invalid_argument`
   */
  runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]>;
}
