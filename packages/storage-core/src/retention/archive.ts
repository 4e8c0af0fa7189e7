import type { Dataset } from "../partitions/partition.js";
import type { Selection } from "../partitions/selection.js";
import type { Position } from "../support/opaque.js";

/** States of an archive, in order: being written, verified in the archive, and dropped from the store. */
export const ARCHIVE_STATES = ["writing", "verified", "dropped"] as const;

/**
 * `writing`: its files may be there in part, and are no part of the archive. `verified`: they were read back and are
 * published; its rows may still be in the store. `dropped`: they are not.
 */
export type ArchiveState = (typeof ARCHIVE_STATES)[number];

/** What the store knows of an archived part of a partition, so that a run that was cut off can be finished exactly. */
export interface ArchiveRecord {
  /** UUID. */
  readonly archiveId: string;
  readonly dataset: Dataset;
  readonly partitionId: string;
  /** Of the partition; inclusive. */
  readonly from: Date;
  /** Of the partition; exclusive; after `from`. */
  readonly to: Date;
  /** Absent for the whole partition. */
  readonly selection?: Selection | undefined;
  /** The rows up to this position in commit order, and no others, are in the files; 1 to 512 characters. */
  readonly asOf: Position;
  /** Where the archive is: an absolute URL without credentials, at most 2,048 characters. */
  readonly url: string;
  readonly state: ArchiveState;
  readonly rows: number;
  /** Of the files; 0 while they are being written. */
  readonly bytes: number;
  readonly startedAt: Date;
}

/** What was archived, and how far an archive has come. */
export interface ArchiveCatalog {
  /**
   * Records an archived part of a partition, or its next state: `writing` when it is new, then `verified`, then `dropped`.
   * Only `state` changes from one to the next, and `rows` and `bytes` when it is verified. Of several callers with one `from`, one succeeds.
   * @param options `from`: the state it is in; absent when it is new
   * @throws `conflict` when it is in another state, gone, or another record than that of this `archiveId`;
   * `invalid_argument`, for a step that is none too
   */
  recordArchive(record: ArchiveRecord, options?: { readonly from?: ArchiveState | undefined }): Promise<void>;
  /**
   * Forgets an archive that is still being written; idempotent: nothing happens when there is no such record.
   * @throws `conflict` when it is in another state; `invalid_argument`
   */
  forgetArchive(archiveId: string): Promise<void>;
  /**
   * By `startedAt`, oldest first, then by `archiveId`.
   * @param options `state`: only these
   * @throws `invalid_argument`
   */
  archives(options?: { readonly state?: ArchiveState | undefined }): Promise<ArchiveRecord[]>;
}
