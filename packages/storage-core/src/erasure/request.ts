import type { AuditFilter } from "../audit/store.js";
import type { ErasableArchive, ErasureEvidence } from "./hooks.js";

/** Which parts of which audit events are to be erased, and why. */
export interface ErasureRequest {
  /** At least one condition. Only its digest is kept. */
  readonly filter: AuditFilter;
  /**
   * Names of parts, 1 to 64: `agentId`, `sessionId`, `traceId`; `payload`, all of it; `payload:/NAME`, a top-level member, its name
   * written as in a JSON Pointer; `payload:*`, the members after the 32nd; `payload:`, a payload that is no object or an empty one.
   */
  readonly parts: readonly string[];
  /** What names the request for people, such as the number of a ticket; 1 to 512 characters. Kept. */
  readonly request: string;
  /** The legal basis, such as `Art. 17(1)(b)`; 1 to 512 characters. Kept. */
  readonly basis: string;
  /** Who erases; 1 to 512 characters. Kept. */
  readonly actor?: string | undefined;
}

/** What of a store's surroundings an erasure takes into account. */
export interface PlanErasureOptions {
  readonly signal?: AbortSignal | undefined;
  /** The archives that hold events of this store, from `@agent-assembly/retention`. @default none */
  readonly archives?: readonly ErasableArchive[] | undefined;
}

/** How events are erased. */
export interface EraseOptions extends PlanErasureOptions {
  /** Called after each step. */
  readonly onProgress?: ((progress: ErasureProgress) => void) | undefined;
  /**
   * Whether the store rewrites what held the events, which takes longer and needs as much space again. PostgreSQL: `VACUUM FULL`
   * instead of `VACUUM`. @default false
   */
  readonly rewrite?: boolean | undefined;
  /** Of a store whose events are sealed: `erasureEvidence(storage)` of `@agent-assembly/evidence`. */
  readonly evidence?: ErasureEvidence | undefined;
}

/** How far an erasure is. */
export interface ErasureProgress {
  readonly step: "survey" | "announce" | "erase" | "archives" | "scrub";
  /** Events that were looked through in this step, or erased. */
  readonly events: number;
}
