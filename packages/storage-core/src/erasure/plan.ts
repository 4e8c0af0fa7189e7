import type { ArchiveErasurePlan } from "./hooks.js";
import type { ErasureRefusal } from "./refusal.js";

/** An archive of the catalog that may hold events of a request. */
export interface PlannedArchive {
  readonly archiveId: string;
  readonly url: string;
  readonly from: Date;
  readonly to: Date;
  /** Whether one of the archives that were given writes it anew. */
  readonly covered: boolean;
}

/** What an erasure would do. */
export interface ErasurePlan {
  /** Events in the store that have parts to erase. */
  readonly events: number;
  /** How many events have each part that was asked for. */
  readonly parts: Readonly<Record<string, number>>;
  /** Events by UTC day, such as `2026-11-28`. */
  readonly days: Readonly<Record<string, number>>;
  /** Any of them refuses all. */
  readonly refusals: readonly ErasureRefusal[];
  /** Archives of the catalog whose time the request touches. */
  readonly archives: readonly PlannedArchive[];
  /** What the archives that were given have. */
  readonly archived: readonly ArchiveErasurePlan[];
  /** Whether the events are sealed, so that `options.evidence` is needed. */
  readonly sealed: boolean;
  /** What stays in any case, for people. */
  readonly notCovered: readonly string[];
}
