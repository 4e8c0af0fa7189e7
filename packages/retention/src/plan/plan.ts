import type { Dataset, Partition, Position } from "@agent-assembly/storage-core";
import type { ArchiveRecord, ConflictingRetentionPolicy, Selection } from "@agent-assembly/storage-core/backend";
import type { ResolvedPolicy } from "../policy/policy.js";

/** What a plan item does with its rows: compress them in place, delete them, or archive and then delete them. */
export type PlanAction = "compress" | "drop" | "archive";

/** One thing a run will do: to a whole partition, or to a part of it. */
export interface PlanItem {
  /** Tells items of a plan apart, and is the same in the next plan while nothing changed. */
  readonly id: string;
  readonly action: PlanAction;
  readonly dataset: Dataset;
  readonly partition: Partition;
  /** The rule that decided; `default` for the ages of the dataset. Several, joined by commas, when they agree. */
  readonly rule: string;
  /** Absent for all rows of the partition. */
  readonly selection?: Selection | undefined;
  /** Rows committed later are left for the next plan; absent for metrics and for `compress`. */
  readonly asOf?: Position | undefined;
  readonly rows: number;
  /** Bytes on disk; an estimate for a part of a partition. */
  readonly bytes: number;
  /** Why, for people. */
  readonly reason: string;
}

/** Rows that stay, and until when. */
export interface KeptRows {
  readonly dataset: Dataset;
  readonly partition: Partition;
  readonly rows: number;
  readonly bytes: number;
  /** Why, for people. */
  readonly reason: string;
  /** When they may leave by this policy; absent while nothing says so: a legal hold, or a rule that keeps them forever. */
  readonly until?: Date | undefined;
  /** The holds that keep them. */
  readonly holdIds?: readonly string[] | undefined;
}

/** What a run would do now, to the row; making it changes nothing. */
export interface RetentionPlan {
  readonly createdAt: Date;
  readonly policy: ResolvedPolicy;
  /** Oldest partition first. */
  readonly items: readonly PlanItem[];
  readonly kept: readonly KeptRows[];
  /** Archives that an earlier run left half done; a run finishes them first. */
  readonly unfinished: readonly ArchiveRecord[];
  /** What else removes rows of these tables: a run refuses while there is any. */
  readonly foreign: readonly ConflictingRetentionPolicy[];
}
