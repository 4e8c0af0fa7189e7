import type { Dataset, SummaryRequest } from "@agent-assembly/storage-core";

/** What happens to rows that are too old to stay. */
export type ColdAction = "drop" | "archive";

/** How long rows of a dataset stay, in days of age, and what happens then. A partition is as old as its youngest row may be. */
export interface DatasetPolicy {
  /** From this age partitions are compressed, where the store can; default 30. */
  readonly hotDays?: number | undefined;
  /** From this age rows leave the store; more than `hotDays`; default 90. */
  readonly warmDays?: number | undefined;
  /** Default `drop`. Metric samples are only dropped: their totals stay. */
  readonly coldAction?: ColdAction | undefined;
}

/** Another age or action for some of the audit events. */
export interface RetentionRule {
  /** Shown wherever the rule is the reason; unique. */
  readonly name: string;
  /** At least one of these three; an event must match all that are given, and of each any value. */
  readonly teamId?: readonly string[] | undefined;
  readonly agentId?: readonly string[] | undefined;
  readonly action?: readonly string[] | undefined;
  /** From this age matching events leave the store; `"forever"`: never. */
  readonly warmDays: number | "forever";
  /** Default: that of the dataset. */
  readonly coldAction?: ColdAction | undefined;
}

/** The retention policy of audit events: ages for all, and rules for some. */
export interface AuditPolicy extends DatasetPolicy {
  /** The first that matches an event decides; the ages above are for the rest. */
  readonly rules?: readonly RetentionRule[] | undefined;
  /**
   * Whether counts of the events that leave stay in the store, for summaries with `includeDropped`; default true. They hold
   * what {@link SummaryRequest.includeDropped} lists, and no event.
   */
  readonly keepCounts?: boolean | undefined;
}

/** How long data is kept. Everything has a default. */
export interface RetentionPolicy {
  readonly audit?: AuditPolicy | undefined;
  readonly metrics?: DatasetPolicy | undefined;
  /** Where archived events go: `file://` or `s3://`; needed when an action is `archive`. */
  readonly archiveUrl?: string | undefined;
}

/** What decides about an event: a rule, or the dataset's ages when its name is `default`. */
export interface ResolvedRule {
  readonly name: string;
  readonly teamId?: readonly string[];
  readonly agentId?: readonly string[];
  readonly action?: readonly string[];
  /** Days; `undefined`: such events never leave. */
  readonly warmDays: number | undefined;
  readonly coldAction: ColdAction;
}

/** A {@link DatasetPolicy} with defaults filled in and its rules in order. Ages are in days. */
export interface ResolvedDatasetPolicy {
  readonly dataset: Dataset;
  readonly hotDays: number;
  /** In order; the last one is the default and matches everything. */
  readonly rules: readonly ResolvedRule[];
}

/** A {@link RetentionPolicy} that was validated and has its defaults filled in. */
export interface ResolvedPolicy {
  readonly audit: ResolvedDatasetPolicy & { readonly keepCounts: boolean };
  readonly metrics: ResolvedDatasetPolicy;
  readonly archiveUrl: string | undefined;
}

export const DEFAULT_RULE = "default";
