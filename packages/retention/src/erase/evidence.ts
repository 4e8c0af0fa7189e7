import type { AuditEventRow, ErasedEvidence } from "@agent-assembly/storage-core/backend";

/** An archived event that loses parts. */
export interface ErasingArchivedEvent {
  /** Its leaf; null for one that was not sealed. */
  readonly leaf: number | null;
  /** Without parts that were erased before. */
  readonly event: AuditEventRow;
  /** Names of the parts. */
  readonly parts: readonly string[];
}

/** The steps of an erasure in an archive of sealed events, in their order. */
export interface ArchivedErasureSteps extends AsyncDisposable {
  /** Adds events, each with a leaf, to what is announced. */
  add(events: readonly ErasingArchivedEvent[]): Promise<void>;
  /** States which parts are about to be erased. */
  announce(): Promise<void>;
  /** What the evidence of announced events is to be. */
  evidenceOf(events: readonly ErasingArchivedEvent[]): Promise<ErasedEvidence>;
  /** The lines of the archive's file of seeds, as they are now. */
  seeds(leaves: Iterable<number>): AsyncIterable<string>;
  /** States which of the announced parts are erased; called also behind a failure. */
  done(): Promise<unknown>;
}

/**
 * Keeps the evidence of a sealed store right while parts of its archived events are erased. `erasureEvidence(storage)` of
 * `@agent-assembly/evidence` makes one.
 */
export interface ArchiveErasureEvidence {
  /** @returns `undefined` for an archive of another log than that of the store */
  beginArchived(request: {
    readonly request: string;
    readonly basis: string;
    readonly log: { readonly log: number; readonly origin: string };
    readonly signal?: AbortSignal | undefined;
  }): Promise<ArchivedErasureSteps | undefined>;
}
