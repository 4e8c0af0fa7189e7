import type { AuditKey } from "../audit/paging.js";
import type { AuditEventRow } from "../audit/row.js";
import type { EvidencePart, EvidenceSeed } from "../evidence/log.js";

/** Most events of one {@link ErasureBatch}. */
export const MAX_ERASURE_BATCH = 4096;

/** Parts of an event that are gone. */
export interface ErasedParts extends AuditKey {
  /** Names, sorted; `payload` where all of the payload is gone. */
  readonly parts: readonly string[];
}

/** An event that loses parts. */
export interface ErasingEvent {
  /** As it was read. */
  readonly event: AuditEventRow;
  /** What is to be stored in its place. */
  readonly after: AuditEventRow;
  /** The parts that go now, each by its own name: never `payload`. */
  readonly parts: readonly string[];
  /** What was erased of it earlier, as its marker names it. */
  readonly before: readonly string[];
  /** What its marker is to name. */
  readonly marker: readonly string[];
}

/** Changes in the evidence of a store, made in the transaction that erases the events. */
export interface ErasedEvidence {
  readonly log: number;
  /** All nodes of the bundles that change, as they were read. Where the store has others, nothing is erased. */
  readonly replaced: readonly EvidenceSeed[];
  /** What comes in their place: all nodes of the same bundles. */
  readonly seeds: readonly EvidenceSeed[];
  /** Stored in place of those of the same leaf and place. */
  readonly parts: readonly EvidencePart[];
}

/** Events that are erased in one transaction. */
export interface ErasureBatch {
  /** The record whose `events`, `from` and `to` are raised in the same transaction. */
  readonly erasureId: string;
  /** At most 4,096, each once. */
  readonly events: readonly ErasingEvent[];
  readonly evidence?: ErasedEvidence | undefined;
}

/** What became of a batch: all of it was erased, or none. */
export type ErasureOutcome =
  | { readonly outcome: "erased" }
  /** Rows that are gone, or not as they were read: read again, and try again. */
  | { readonly outcome: "changed"; readonly changed: readonly AuditKey[] }
  /** The evidence is not as it was read. */
  | { readonly outcome: "evidence_changed" };

/** How the files of a store are cleared of what was erased. */
export interface ScrubOptions {
  /** The times of the events that were erased, both inclusive, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** As in `EraseOptions`. */
  readonly rewrite: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What was done so that erased values can no longer be read in the files of a store, and what remains; in words for people. */
export interface ScrubReport {
  readonly done: readonly string[];
  readonly remains: readonly string[];
}

/** The operations that a backend provides to erase parts of events. */
export interface ErasureDriver {
  /** What no erasure in this kind of store reaches, for people, such as the write-ahead log of a server. */
  readonly notCovered: readonly string[];
  /**
   * In one transaction: rows, markers, counts, evidence, and the record of the erasure. All of a batch, or nothing.
   * @throws `conflict` where a legal hold in force covers one of the events (`erasureErrors.held`), checked in the transaction
   */
  erase(batch: ErasureBatch): Promise<ErasureOutcome>;
  /** The markers that there are for these events, in any order. @param keys at most 4,096 */
  erased(keys: readonly AuditKey[]): Promise<ErasedParts[]>;
  /**
   * Adds parts to markers, also of events that are not in the store, and changes evidence, in one transaction.
   * @param events each once; their parts are sorted, and `payload` stands for all of its parts
   * @returns false where the evidence is not as it was read; then nothing is stored
   */
  mark(events: readonly ErasedParts[], evidence?: ErasedEvidence): Promise<boolean>;
  /** Makes erased values unreadable in the store's own files. An abort throws as `throwIfAborted` does. */
  scrub(options: ScrubOptions): Promise<ScrubReport>;
}

/**
 * Which events of a store have lost parts. Used by `@agent-assembly/evidence` and `@agent-assembly/retention`; applications do not
 * call it.
 */
export interface ErasureSupport {
  /** The markers that there are for these events, in any order. @param keys at most 4,096 @throws `invalid_argument` */
  erased(keys: readonly AuditKey[]): Promise<ErasedParts[]>;
  /**
   * Marks parts of archived events as erased, so that a restore leaves them out, whatever a copy of the archive still has.
   * @param events at most 4,096
   * @param evidence what changes in the evidence of the events, in the same transaction
   * @returns false where the evidence is not as it was read; then nothing is stored
   * @throws `invalid_argument`
   */
  mark(events: readonly ErasedParts[], evidence?: ErasedEvidence): Promise<boolean>;
}
