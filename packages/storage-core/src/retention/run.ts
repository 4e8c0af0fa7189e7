export const RUN_OUTCOMES = ["running", "succeeded", "failed", "interrupted"] as const;

/** One run of retention; a row of its history. */
export interface RetentionRun {
  readonly runId: string;
  readonly startedAt: Date;
  /** Absent exactly while the outcome is `running`. */
  readonly finishedAt?: Date | undefined;
  /** `running` until it ends; a process that was killed leaves it so, and the next owner makes it `interrupted`. */
  readonly outcome: (typeof RUN_OUTCOMES)[number];
  /** The instant of the schedule it was made for; absent for one that somebody started. */
  readonly scheduledFor?: Date | undefined;
  /** Rows that left the store. */
  readonly rows: number;
  readonly bytes: number;
  /** Human-readable; empty when all went well. */
  readonly detail: string;
}

/** What retention did and is doing. */
export interface RetentionHistory {
  /**
   * Records a run. One that is recorded as `running` is replaced, once, by the record with its outcome, which has the same
   * `runId` and `startedAt`.
   * @throws `conflict` when the `runId` is recorded in any other way; `invalid_argument`
   */
  recordRun(run: RetentionRun): Promise<void>;
  /**
   * By `startedAt`, newest first; runs of one instant by `runId`, descending by Unicode code point.
   * @param options `limit`: 1 to 1,000, default 100
   * @throws `invalid_argument`
   */
  runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]>;
}
