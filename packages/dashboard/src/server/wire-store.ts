// What the native API answers about the store itself: health, retention, evidence. Times are ISO 8601 in UTC.

export type Scope = "ingest" | "read" | "approve" | "policy" | "admin";

/** Who the page is to the gateway. */
export interface WhoAmI {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly teamId?: string;
}

export interface Doctor {
  readonly status: "ok" | "degraded" | "down";
  readonly findings: readonly {
    readonly severity: "error" | "warning" | "note";
    readonly code: string;
    readonly message: string;
    readonly remedy?: string;
  }[];
  readonly health: {
    readonly status: "ok" | "degraded" | "down";
    readonly backend: string;
    readonly latencyMs: number;
    readonly details: Readonly<Record<string, string | number | boolean>>;
  };
  readonly location?: string;
}

export type Dataset = "audit" | "metrics";

export interface Partition {
  readonly dataset: Dataset;
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly bytes: number;
  readonly tier: "hot" | "warm";
}

export interface Archive {
  readonly archiveId: string;
  readonly dataset: Dataset;
  readonly partitionId: string;
  readonly from: string;
  readonly to: string;
  readonly url: string;
  readonly state: "writing" | "verified" | "dropped";
  readonly rows: number;
  readonly bytes: number;
  readonly startedAt: string;
}

interface PolicyOfAges {
  readonly hotDays: number;
  readonly rules: readonly {
    readonly name: string;
    readonly warmDays?: number;
    readonly coldAction: "drop" | "archive";
  }[];
}

export interface RetentionPlan {
  readonly createdAt: string;
  readonly policy: { readonly audit: PolicyOfAges; readonly metrics: PolicyOfAges };
  readonly items: readonly {
    readonly id: string;
    readonly action: "compress" | "drop" | "archive";
    readonly partition: Partition;
    readonly rule: string;
    readonly rows: number;
    readonly bytes: number;
    readonly reason: string;
  }[];
  readonly kept: readonly {
    readonly partition: Partition;
    readonly rows: number;
    readonly bytes: number;
    readonly reason: string;
    readonly until?: string;
    readonly holdIds?: readonly string[];
  }[];
}

export interface RetentionRun {
  readonly runId: string;
  readonly outcome: "running" | "succeeded" | "failed" | "interrupted";
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly rows: number;
  readonly bytes: number;
  readonly detail: string;
}

/** The retention policy in the form of the first gateway. */
export interface RetentionPolicyDocument {
  readonly hot_days: number;
  readonly warm_days: number;
  readonly cold_action: "drop" | "archive";
  readonly archive_url: string | null;
  readonly schedule: string;
}

export interface LegalHold {
  readonly holdId: string;
  readonly state: "in_force" | "released";
  readonly agentId?: string;
  readonly teamId?: string;
  readonly from?: string;
  readonly to?: string;
  readonly reason: string;
  readonly actor: string;
  readonly placedAt: string;
  readonly release?: { readonly actor: string; readonly reason: string; readonly releasedAt: string };
}

export interface EvidenceStatus {
  /** False where the events of this store are not sealed; then all else is absent. */
  readonly sealed: boolean;
  readonly origin?: string;
  readonly size?: number;
  readonly lagMs?: number;
  readonly waiting?: { readonly events: number; readonly more: boolean };
  readonly checkpoint?: { readonly size: number; readonly at: string } | null;
  readonly logs?: readonly { readonly log: number; readonly origin: string; readonly size: number }[];
  readonly keys?: readonly { readonly vkey: string; readonly from: number; readonly to: number | null }[];
  readonly anchors?: readonly {
    readonly kind: string;
    readonly where: string;
    readonly size: number;
    readonly at: string;
  }[];
}

export interface Erasure {
  readonly erasureId: string;
  readonly request: string;
  readonly basis: string;
  readonly actor?: string;
  readonly parts: readonly string[];
  readonly state: "begun" | "done" | "failed";
  readonly events: number;
  readonly startedAt: string;
}
