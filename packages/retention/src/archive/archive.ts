import type { AuditEvent, AuditFilter, AuditOrder } from "@agent-assembly/storage-core";
import type { AuditEventRow } from "@agent-assembly/storage-core/backend";
import type { ArchiveManifest } from "./manifest/manifest.js";

/** What is archived in one go: the events of a time range, under an id of their own. */
export interface ArchiveEntry {
  /** 1 to 100 ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or digit; unique in the archive. */
  readonly archiveId: string;
  readonly partition: ArchivedPartition;
  /** Kept in the manifest, for people: why these events left the database. */
  readonly reason?: string | undefined;
  /** Of events of a store whose events are sealed. @default none: the archive says nothing of leaves */
  readonly evidence?: EvidenceToArchive | undefined;
}

/** What an archive keeps of the evidence of its events. */
export interface EvidenceToArchive {
  /** Number of the log in its store. */
  readonly log: number;
  /** Name of the log. */
  readonly origin: string;
  /** The leaves of rows, in their order; null for those that are not sealed. Asked for all rows, in the order of the archive. */
  leavesOf(rows: readonly AuditEventRow[]): Promise<readonly (number | null)[]>;
  /** The lines of `tiles.jsonl`; read behind the rows. */
  tiles(): AsyncIterable<string>;
  /** The lines of `seeds.jsonl`; read behind the rows. */
  seeds(): AsyncIterable<string>;
}

/** An archived event, and what the archive says of its evidence. */
export interface ArchivedEvent {
  readonly event: AuditEvent;
  /** Its leaf in the log that the manifest names; null for one that was not sealed, and without evidence. */
  readonly leaf: number | null;
  /** Of the archive that has it. */
  readonly manifest: ArchiveManifest;
}

/** The log of a store, as manifests name it. */
export interface LogName {
  /** Number of the log in its store. */
  readonly log: number;
  readonly origin: string;
}

/** The archived events of a log, by their leaves. */
export interface ArchivedLeaves {
  /**
   * Those with leaves from one to before another, in no order; one that several files hold comes from each. Reads no file and no row
   * group whose statistics exclude one.
   * @throws `corrupt` naming the file when what it reads of it is not as it was written
   */
  events(from: number, to: number): AsyncIterable<ArchivedEvent>;
}

/** The partition of the store that the events come from. */
export interface ArchivedPartition {
  readonly id: string;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

/** Rows and file bytes processed so far. */
export interface ArchiveProgress {
  readonly rows: number;
  readonly bytes: number;
}

/** Options of writing a partition to an archive. */
export interface WriteOptions {
  readonly signal?: AbortSignal | undefined;
  /** Rows and bytes written so far; called about every 10,000 rows. */
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined;
}

/** How rows of a published archive change. */
export interface ReviseOptions {
  /** Which rows may change. @default all */
  readonly filter?: AuditFilter | undefined;
  /**
   * What the rows are to be, in the same order: the same object for one that stays as it is. `ts` and `eventId` stay. Called more than
   * once for the same rows.
   * @param rows that match the filter, at most 10,000
   */
  readonly change: (rows: readonly AuditEventRow[]) => Promise<readonly AuditEventRow[]>;
  /** Why, for people; 1 to 512 characters. Kept in the manifest. */
  readonly reason: string;
  readonly signal?: AbortSignal | undefined;
}

/** What a revision would do. */
export interface RevisionPlan {
  /** Rows that would change. */
  readonly rows: number;
  /** Files to write anew. */
  readonly files: number;
  /** What could not be removed, for people. */
  readonly remains: readonly string[];
}

/** What a revision did. */
export interface Revision extends RevisionPlan {
  /** As it is published now. */
  readonly manifest: ArchiveManifest;
}

/** Restricts what is read to a range of time; without bounds, all of the archive. */
export interface ArchiveRange {
  /** Inclusive. */
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
}

/** Options of {@link Archive.verify}; without any, the whole archive is verified. */
export interface VerifyOptions extends ArchiveRange {
  readonly archiveId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Rows and bytes of the files checked so far. */
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined;
}

/** What became of one file of the archive. */
export interface FileReport {
  /** Below the archive's URL. */
  readonly path: string;
  /** Absent when the file is a manifest that cannot be read. */
  readonly archiveId?: string;
  readonly status: "ok" | "missing" | "damaged";
  /** What is wrong with it; absent when it is ok. */
  readonly reason?: string;
  /** As the manifest says; 0 for a manifest. */
  readonly rows: number;
  readonly bytes: number;
}

/** Options of {@link Archive.events}. */
export interface ArchivedEventsOptions {
  /** Default `oldest`. */
  readonly order?: AuditOrder | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of reading archived events with their files verified first. */
export interface CheckedEventsOptions {
  readonly filter?: AuditFilter | undefined;
  /** Only what was archived under this id. */
  readonly archiveId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Audit events outside the database. Errors are `StorageError`s: `unavailable` and `timeout` (retryable) when the
 * destination does not answer, `permission_denied`, `full`, `not_found` for a bucket, folder or file that is gone, `corrupt`
 * naming the file, `closed` after `close`. An abort throws the signal's reason.
 */
export interface Archive extends AsyncDisposable {
  /** Without credentials. */
  readonly url: string;
  /**
   * Writes the events to files, reads them back and compares bytes, rows and content. Publishes nothing: the files are
   * no part of the archive before `publish`. What an earlier attempt left under the same id is replaced. On failure and
   * abort it removes what it wrote where that is possible; `discard` removes the rest.
   * @param rows any number at a time, by `(ts, eventId)` ascending, within the partition, no key twice, as
   * `RetentionSupport.readRows` gives them
   * @throws `invalid_argument` for a row out of order or range, or one that no store would hold; `conflict` when the id
   * is published
   */
  write(
    entry: ArchiveEntry,
    rows: AsyncIterable<readonly AuditEventRow[]>,
    options?: WriteOptions,
  ): Promise<ArchiveManifest>;
  /**
   * Makes written files part of the archive, all at once, and reads the manifest back. Idempotent.
   * @throws `conflict` when another manifest is published under the id
   */
  publish(manifest: ArchiveManifest): Promise<void>;
  /**
   * Removes manifest and files of an attempt that was not finished; idempotent. It removes those of a finished one as
   * well: call it only while the events are still in the database.
   */
  discard(entry: { readonly archiveId: string; readonly from: Date; readonly to: Date }): Promise<void>;
  /** What {@link revise} would do. */
  planRevision(manifest: ArchiveManifest, options: ReviseOptions): Promise<RevisionPlan>;
  /**
   * Changes rows of what is published: writes the files anew in which rows change, reads them back, publishes the manifest that names
   * them and says which one it takes the place of, and then removes the old files for good. The same call again finishes one that was
   * cut off.
   * @param manifest as it is published
   * @throws `conflict` when another manifest is published; `corrupt` naming a file that is not as it was written
   */
  revise(manifest: ArchiveManifest, options: ReviseOptions): Promise<Revision>;
  /**
   * What the archive holds, oldest partition first; with a range only partitions that overlap it.
   * @throws `corrupt` naming a damaged manifest; `unsupported` for one of newer software
   */
  manifests(range?: ArchiveRange): AsyncIterable<ArchiveManifest>;
  /** Checks every file against its manifest. Damage is reported, not thrown. */
  verify(options?: VerifyOptions): AsyncIterable<FileReport>;
  /**
   * Archived events by the same filter, in the same order as `AuditStore.stream` gives stored ones; an event that
   * several files hold comes once. Reads no file and no row group whose statistics exclude a match.
   * @throws `corrupt` naming the file when what it reads of it is not as it was written
   */
  events(filter?: AuditFilter, options?: ArchivedEventsOptions): AsyncIterable<AuditEvent>;
  /**
   * Archived events for taking back: file after file, each read whole and its digest checked before any event of it is
   * given. In order within a file; one that several files hold comes from each.
   * @throws `corrupt` naming the first file that is not as it was written
   */
  checkedEvents(options?: CheckedEventsOptions): AsyncIterable<AuditEvent>;
  /** The same as {@link checkedEvents}, with what the archive says of their evidence. */
  checkedRecords(options?: CheckedEventsOptions): AsyncIterable<ArchivedEvent>;
  /** The archived events of a log, by their leaves, of what is published by now. @throws as `manifests` */
  leaves(log: LogName, options?: { readonly signal?: AbortSignal | undefined }): Promise<ArchivedLeaves>;
  /** SHA-256 of the manifest file of an archive, Base64; `undefined` where it is not published. */
  digestOf(archiveId: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<string | undefined>;
  /** Frees connections and temporary files. Idempotent. */
  close(): Promise<void>;
}
