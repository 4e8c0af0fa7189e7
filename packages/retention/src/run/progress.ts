import type { StorageError } from "@agent-assembly/storage-core";
import type { ArchiveRecord } from "@agent-assembly/storage-core/backend";
import type { PlanItem, RetentionPlan } from "../plan/plan.js";

/**
 * How far an archived item has come. `recorded`: the store knows that an attempt begins. `written`: the files were read back
 * and are as they should be. `published`: the manifest makes them part of the archive. `verified`: the store knows that.
 * `dropped`: the rows are gone from the store. `finished`: the store knows that too.
 */
export type ArchiveStep = "recorded" | "written" | "published" | "verified" | "dropped" | "finished";

/** What a run is doing, as it does it. */
export type RunProgress =
  | { readonly kind: "planned"; readonly plan: RetentionPlan }
  /**
   * An archive of an earlier run: `resumed` is dropped from the store now; of a `held` one, rows stay until the release of
   * a legal hold that was placed since; `discarded` is removed from the destination; `kept` is left as it is, and so are its
   * rows, because the store was restored from a backup since.
   */
  | {
      readonly kind: "recovered";
      readonly archive: ArchiveRecord;
      readonly how: "resumed" | "held" | "discarded" | "kept";
    }
  | { readonly kind: "started"; readonly item: PlanItem }
  | { readonly kind: "archive"; readonly item: PlanItem; readonly archiveId: string; readonly step: ArchiveStep }
  /** Rows of the item that were written to the archive, or removed from the store, so far. */
  | { readonly kind: "rows"; readonly item: PlanItem; readonly phase: "archiving" | "dropping"; readonly rows: number }
  | { readonly kind: "done"; readonly item: PlanItem }
  | { readonly kind: "failed"; readonly item: PlanItem; readonly error: StorageError };

/** Receives the progress of a run. */
export type OnProgress = (progress: RunProgress) => void;
