// What the native API answers about evidence. Times are ISO 8601 in UTC.

interface UnderCheckpoint {
  readonly leaf: number;
  /** Leaves of the checkpoint. */
  readonly size: number;
  readonly signedAt: string;
}

/** What the log has of one event. */
export type EventEvidence =
  | { readonly state: "not_sealed" | "waiting" }
  | { readonly state: "unsigned"; readonly leaf: number }
  | ({ readonly state: "proven"; readonly erasedParts: number } & UnderCheckpoint)
  | ({ readonly state: "unproven" } & UnderCheckpoint)
  | { readonly state: "not_as_sealed"; readonly leaf?: number; readonly detail: string };

export interface Finding {
  readonly code: string;
  readonly leaf?: number;
  readonly eventId?: string;
  readonly detail: string;
}

/** A verification of the store by the gateway. */
export interface Verification {
  readonly id: string;
  readonly actor: string;
  readonly state: "running" | "ended" | "cancelled";
  readonly from?: string;
  readonly to?: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Leaves of the log that are done with. */
  readonly progress: { readonly leaves: number; readonly of: number };
  /** `null` while it runs; `unchecked` is no pass. */
  readonly verdict: "clean" | "findings" | "unchecked" | null;
  readonly counts?: {
    readonly leaves: number;
    readonly passed: number;
    readonly events: number;
    readonly dropped: number;
    readonly erased: number;
  };
  readonly findingCount: number;
  /** The first 500. */
  readonly findings: readonly Finding[];
  readonly unchecked: readonly string[];
  readonly keysFromLog: boolean;
  readonly notAsked: readonly string[];
}
