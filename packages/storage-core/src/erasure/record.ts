import type { ScrubReport } from "./driver.js";
import type { ArchiveErasureReport } from "./hooks.js";

/** States of an erasure: begun, done, or failed or interrupted so that it is to be asked for again. */
export const ERASURE_STATES = ["begun", "done", "failed"] as const;

/** How far an erasure is. */
export type ErasureState = (typeof ERASURE_STATES)[number];

/** What a store keeps of an erasure. */
export interface ErasureRecord {
  /** UUID. The same request again, which finishes one that was cut off, has the same one. */
  readonly erasureId: string;
  readonly request: string;
  readonly basis: string;
  readonly actor?: string | undefined;
  /** As they were asked for, sorted. */
  readonly parts: readonly string[];
  /** `sha256:` and the digest of a salt, which the store has, and the filter. */
  readonly filterDigest: string;
  readonly state: ErasureState;
  /** How many events lost parts in the store. */
  readonly events: number;
  /** The earliest `ts` of these events; absent without any. */
  readonly from?: Date | undefined;
  /** The latest `ts`. */
  readonly to?: Date | undefined;
  readonly startedAt: Date;
  /** Absent while it is begun. */
  readonly finishedAt?: Date | undefined;
  /** Why it failed; empty otherwise. */
  readonly detail: string;
}

/** What was erased, and what remains: everything that a certificate says. */
export interface ErasureResult extends ErasureRecord {
  /** Those of `events` that this call erased: fewer where an earlier call was cut off. */
  readonly newEvents: number;
  readonly scrub: ScrubReport;
  /** What the archives that were given did. */
  readonly archives: readonly ArchiveErasureReport[];
  /** Leaves of the statements about it, in a store whose events are sealed. */
  readonly statements: readonly number[];
  /** Where erased values can still be read, for people. */
  readonly remains: readonly string[];
  /** What stays in any case, for people. */
  readonly notCovered: readonly string[];
}
