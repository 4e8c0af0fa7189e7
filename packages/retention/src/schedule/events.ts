import type { StorageError } from "@agent-assembly/storage-core";
import type { RetentionPlan } from "../plan/plan.js";
import type { RunProgress } from "../run/progress.js";
import type { RunReport } from "../run/report.js";

/** What a schedule is doing. */
export type ScheduleEvent =
  | { readonly kind: "waiting"; readonly until: Date }
  /** `missed`: its instant passed while no process was there to run it. */
  | { readonly kind: "started"; readonly scheduledFor: Date; readonly missed: boolean }
  | { readonly kind: "progress"; readonly progress: RunProgress }
  | { readonly kind: "ended"; readonly scheduledFor: Date; readonly report: RunReport }
  /** A dry run: the plan is all that happens. */
  | { readonly kind: "planned"; readonly scheduledFor: Date; readonly plan: RetentionPlan }
  /** Another process runs it, or did. */
  | { readonly kind: "left"; readonly scheduledFor: Date; readonly to: "running" | "done" }
  | { readonly kind: "failed"; readonly error: StorageError };
