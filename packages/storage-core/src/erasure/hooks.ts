import type { AuditFilter } from "../audit/store.js";
import type { ErasedEvidence, ErasingEvent } from "./driver.js";
import type { ErasureRefusal } from "./refusal.js";

/** What is said of an erasure in the evidence of a store. */
export interface AnnouncedErasureRequest {
  readonly erasureId: string;
  readonly request: string;
  readonly basis: string;
  readonly signal?: AbortSignal | undefined;
}

/** Keeps the evidence of a store right while parts of its events are erased. */
export interface ErasureEvidence {
  /**
   * States what became of erasures that were announced and whose process ended before it stated that.
   * @returns the leaves of the statements about those of this request
   */
  finish(request: AnnouncedErasureRequest): Promise<readonly number[]>;
  /**
   * Seals, and states which parts of which events are about to be erased.
   * @param events all of them; read once
   * @throws `conflict` where events are not as they were sealed
   */
  announce(request: AnnouncedErasureRequest, events: AsyncIterable<readonly ErasingEvent[]>): Promise<AnnouncedErasure>;
}

/** An erasure that the log announces. */
export interface AnnouncedErasure {
  /**
   * What the evidence of these events is to be, stored in the transaction that erases them. Asked again where the seeds have changed
   * meanwhile.
   * @returns the events among them that were announced, and their evidence. Others, which were appended since, stay for the next round.
   */
  evidenceOf(
    events: readonly ErasingEvent[],
  ): Promise<{ readonly events: readonly ErasingEvent[]; readonly evidence: ErasedEvidence }>;
  /** Called behind each transaction that erased some of them. */
  erased(events: readonly ErasingEvent[]): void;
  /** States what was erased; called behind the erasure, also when that failed or was interrupted. @returns the leaf of the statement */
  done(): Promise<{ readonly leaf: number }>;
}

/** What an archive is asked to erase. */
export interface ArchiveErasureRequest {
  /** Absent in a plan. */
  readonly erasureId?: string | undefined;
  readonly filter: AuditFilter;
  /** As in `ErasureRequest`, checked. */
  readonly parts: readonly string[];
  readonly request: string;
  readonly basis: string;
  readonly signal?: AbortSignal | undefined;
}

/** What an archive has of the events of a request. */
export interface ArchiveErasurePlan {
  readonly url: string;
  /** Ids of the archives of the catalog that this plan covers. */
  readonly archiveIds: readonly string[];
  /** Events that have parts to erase. */
  readonly events: number;
  /** Files to write anew. */
  readonly files: number;
  /** What cannot be erased, such as `archive ID: locked until DATE`. */
  readonly remains: readonly string[];
  /** Why it must not be. */
  readonly refusals: readonly ErasureRefusal[];
}

/** What an archive did. */
export interface ArchiveErasureReport {
  readonly url: string;
  /** Ids of the archives of the catalog that this report covers. */
  readonly archiveIds: readonly string[];
  readonly events: number;
  /** Files that were written anew. */
  readonly files: number;
  readonly remains: readonly string[];
}

/** A place with archives of the store, in which events can be erased. */
export interface ErasableArchive {
  readonly url: string;
  plan(request: ArchiveErasureRequest): Promise<ArchiveErasurePlan>;
  /** Writes the files anew that hold such events. Called when the rows are done; the same call again finishes it. */
  erase(request: ArchiveErasureRequest): Promise<ArchiveErasureReport>;
}
