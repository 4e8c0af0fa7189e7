import type { AuditEvent, JsonObject, JsonValue } from "@agent-assembly/storage-core";

// What the gateway's native API answers with. Times are ISO 8601 in UTC.

/** A page of a list. */
export interface PageOf<T> {
  readonly items: readonly T[];
  /** Cursor of the following page; absent on the last one. */
  readonly next?: string;
}

/** An event in a list, without its payload. */
export interface EventRow extends Omit<AuditEvent, "ts" | "recordedAt" | "payload"> {
  readonly ts: string;
  readonly recordedAt: string;
  readonly tool?: string;
  /** The first 120 characters of the arguments as JSON text. */
  readonly preview?: string;
}

/** A whole event. */
export interface WholeEvent extends Omit<EventRow, "tool" | "preview"> {
  readonly payload?: JsonValue;
}

/** Counts of events. */
export interface Summary {
  readonly items: readonly {
    readonly bucket?: string;
    readonly key: Readonly<Record<string, string | boolean | null>>;
    readonly count: number;
  }[];
  /** Whether the budget of time ended first, so that counts may be higher. */
  readonly lowerBound: boolean;
  /** Of a lower bound: what is older is not counted. */
  readonly countedFrom?: string;
}

export interface Agent {
  readonly agentId: string;
  readonly name?: string;
  readonly teamId?: string;
  readonly orgId?: string;
  readonly enforcementMode: string;
  readonly baseEnforcementMode: string;
  readonly enforcementWindow?: { readonly mode: string; readonly expiresAt: string };
  readonly identity?: { readonly credential: string; readonly generation: number; readonly rotatedAt: string };
  readonly status: "registered" | "online" | "offline";
  readonly lastSeenAt?: string;
  readonly metadata: JsonObject;
  readonly revision: number;
  readonly registeredAt: string;
  readonly updatedAt: string;
}

export interface PolicyName {
  readonly name: string;
  readonly latest: number;
  readonly active: number | null;
}

export interface PolicyInfo {
  readonly name: string;
  readonly version: number;
  readonly format: "yaml" | "json";
  readonly digest: string;
  readonly size: number;
  readonly actor: string;
  readonly createdAt: string;
}

/** A version with the text that was saved. */
export interface PolicySource extends PolicyInfo {
  readonly source: string;
}

export interface Activation {
  readonly from: number | null;
  readonly to: number;
  readonly kind: "activate" | "rollback";
  readonly actor: string;
  readonly at: string;
}

export type Verdict = "approve" | "deny";

export interface Approval {
  readonly state: "pending" | "claimed" | "approved" | "denied";
  readonly requestId: string;
  readonly agentId: string;
  readonly teamId?: string;
  readonly action: string;
  readonly request: JsonValue;
  readonly digest: string;
  readonly onExpiry: Verdict;
  readonly submittedAt: string;
  readonly expiresAt: string;
  readonly claim?: { readonly approver: string; readonly expiresAt: string };
  readonly decision?: {
    readonly source: "approver" | "expiry";
    readonly verdict: Verdict;
    readonly at: string;
    readonly approver?: string;
    readonly reason?: string;
  };
}

export interface MetricInfo {
  readonly name: string;
  readonly source: "recorded" | "events";
  readonly unit?: string;
  readonly kind?: "gauge" | "delta" | "cumulative";
}

export interface MetricSeries {
  readonly key: Readonly<Record<string, string | null>>;
  readonly unit?: string;
  readonly points: readonly { readonly ts: string; readonly value: number | null }[];
}
