import type { StorageError } from "@agent-assembly/storage-core";
import type { PlanItem, RetentionPlan } from "../plan/plan.js";

/** One item of a run that failed; the other items were still processed. */
export interface RunFailure {
  /** Absent when it was about no item: an archive of an earlier run that could not be finished. */
  readonly item?: PlanItem | undefined;
  readonly error: StorageError;
}

/** What a run did. Whatever was not done stays for the next one. */
export interface RunReport {
  readonly runId: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  /** `interrupted`: by the caller's signal, or because the lease was lost; the next run goes on from there. */
  readonly outcome: "succeeded" | "failed" | "interrupted";
  readonly plan: RetentionPlan;
  /** Rows and bytes that left the store. */
  readonly rows: number;
  readonly bytes: number;
  /** Of these rows, those that are in the archive. */
  readonly archivedRows: number;
  readonly compressedPartitions: number;
  readonly failures: readonly RunFailure[];
  /** What was done and has consequences that may be unwanted, for people. */
  readonly warnings: readonly string[];
  /** For people; empty when all went well. */
  readonly detail: string;
}
