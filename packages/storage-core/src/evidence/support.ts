import type { AuditKey } from "../audit/paging.js";
import type {
  EvidenceAnchor,
  EvidenceBatch,
  EvidenceBeginning,
  EvidenceCheckpoint,
  EvidenceCommit,
  EvidenceEvent,
  EvidenceLog,
  EvidenceMove,
  EvidencePart,
  EvidenceSeed,
  EvidenceSlice,
  EvidenceStatement,
  EvidenceTile,
  EvidenceVerification,
  KeptEvidenceVerification,
  RowPlaces,
} from "./log.js";

/** Which part of a list is read: what covers `from` and what follows it, at most `limit`. */
export interface EvidenceRange {
  readonly from: number;
  /** 1 to 4,096. */
  readonly limit: number;
}

/** A row of the log of events, as {@link EvidenceSupport.keys} lists it. */
export interface EvidenceKey extends AuditKey {
  readonly seq: number;
}

/**
 * What `@agent-assembly/evidence` keeps in a store: the tree over its events, and what it needs to continue it and to verify it.
 * Applications do not call it. Nothing here is trusted by those who verify.
 */
export interface EvidenceSupport {
  /** The newest log; `undefined` before the first one is begun. */
  log(): Promise<EvidenceLog | undefined>;
  /** All logs, the newest last. */
  logs(): Promise<EvidenceLog[]>;
  /**
   * Begins a log before the first event, in one transaction. The logs before it grow no more.
   * @param log its number is 1, or the one behind the newest log's
   * @returns false where there is such a log, or none before it; then nothing is stored
   */
  begin(log: EvidenceBeginning): Promise<boolean>;
  /**
   * The next events that have settled: nothing that is committed later comes before the position behind them.
   * @param after a position of this store; empty for its beginning
   * @param limit 1 to 4,096, restored ones counted
   * @throws `invalid_argument` for a text that is no position; `conflict` for a position that this store has not reached
   */
  next(after: string, limit: number): Promise<EvidenceSlice>;
  /**
   * Stores what the newest log grows by, in one transaction, if it still is where `from` says.
   * @returns false where it is not, or another log is the newest one: another sealer was ahead, and nothing is stored
   */
  commit(commit: EvidenceCommit): Promise<boolean>;
  /** The tiles of a level, by index. */
  tiles(log: number, level: number, range: EvidenceRange): Promise<EvidenceTile[]>;
  /** By first leaf. */
  batches(log: number, range: EvidenceRange): Promise<EvidenceBatch[]>;
  /** All nodes of at most `limit` bundles, by bundle, depth and path. */
  seeds(log: number, range: EvidenceRange): Promise<EvidenceSeed[]>;
  /** Of at most `limit` leaves, by leaf and place: all parts of each. */
  parts(log: number, range: EvidenceRange): Promise<EvidencePart[]>;
  /** By leaf. */
  statements(log: number, range: EvidenceRange): Promise<EvidenceStatement[]>;
  /** Leaves whose rows were restored from archives, by leaf; of each the newest row. */
  moved(log: number, range: EvidenceRange): Promise<EvidenceMove[]>;
  /**
   * The rows with these numbers that are there, in any order.
   * @param seqs at most 4,096
   * @param places only rows that lie there. @default anywhere, which takes a store with partitions longer
   */
  rows(seqs: readonly number[], places?: RowPlaces): Promise<EvidenceEvent[]>;
  /**
   * The rows that a position includes, ordered by `(ts, eventId)`.
   * @param after the key of the last one that was read. @default the beginning
   * @param limit 1 to 4,096
   */
  keys(position: string, after: AuditKey | undefined, limit: number): Promise<EvidenceKey[]>;
  /** Stores a checkpoint; one of the same log and size takes its place. */
  recordCheckpoint(checkpoint: EvidenceCheckpoint): Promise<void>;
  /**
   * The newest ones, from the largest size of the newest log down.
   * @param limit 1 to 4,096
   * @param log @default all logs
   */
  checkpoints(limit: number, log?: number): Promise<EvidenceCheckpoint[]>;
  /** Stores a receipt; one for the same checkpoint, kind and target takes its place. */
  recordAnchor(anchor: EvidenceAnchor): Promise<void>;
  /** As {@link checkpoints}; those of one checkpoint by kind and target. */
  anchors(limit: number, log?: number): Promise<EvidenceAnchor[]>;
  /** Stores a verification; one of the same id takes its place. */
  recordVerification(verification: EvidenceVerification): Promise<void>;
  /**
   * The newest ones, from the last that began down; of the same time by id.
   * @param limit 1 to 4,096
   * @param id only this one, if it is there
   */
  verifications(limit: number, id?: string): Promise<KeptEvidenceVerification[]>;
}
