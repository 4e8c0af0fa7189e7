import { type AuditEvent, type PartitionStore, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { checkKeys, checkObject, type RestoredEvidence } from "@agent-assembly/storage-core/backend";
import type { Archive, ArchivedEvent, CheckedEventsOptions } from "../archive.js";
import { manifestDigest } from "../manifest/manifest.js";

/** Where restored events go: a storage backend. */
export interface RestoreTarget extends Partial<Pick<StorageBackend, "evidenceSupport">> {
  readonly partitions: Pick<PartitionStore, "restore">;
}

/** Events of one archive that are about to be restored. */
export interface RestoreToAnnounce {
  readonly events: readonly AuditEvent[];
  /** Their leaves as the archive says; null for those that were not sealed, absent where it says nothing of leaves. */
  readonly leaves?: readonly (number | null)[] | undefined;
  /** The log that the leaves are of; absent where the archive says nothing of leaves. */
  readonly log?: { readonly log: number; readonly origin: string } | undefined;
  /** Id of the archive, and the SHA-256 of its manifest, Base64. */
  readonly archive: { readonly id: string; readonly manifest: string };
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes restored events keep their places in the evidence log of a store, and states there that they are back.
 * `restoreAnnouncer(storage)` of `@agent-assembly/evidence` makes one.
 */
export interface RestoreAnnouncer {
  /** Called before events are restored. When it rejects, they are not. @returns `undefined` where the store has no log */
  leavesOf(restore: RestoreToAnnounce): Promise<RestoredEvidence | undefined>;
  /** Called behind the restore, also when that failed. What is not stated then is stated when events are sealed next. */
  done(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/** What happened to the events of an archive, in numbers of events. */
export interface RestoreResult {
  readonly inserted: number;
  /** Stored with the same content before. */
  readonly duplicates: number;
  /** Their key holds other content, which stays. */
  readonly conflicts: number;
}

/** Options of {@link restoreArchive}: which events, and how progress is reported. */
export interface RestoreOptions extends CheckedEventsOptions {
  /** The sums so far, after each batch. */
  readonly onProgress?: ((progress: RestoreResult) => void) | undefined;
  /**
   * Keeps the places of events in the evidence log of the store: `restoreAnnouncer(storage)` of `@agent-assembly/evidence`. Needed
   * where the events of the store are sealed.
   */
  readonly evidence?: RestoreAnnouncer | undefined;
}

const BATCH = 1000;

/**
 * Puts archived events back, a thousand at a time. Idempotent, so that an interrupted restore is simply repeated. Each
 * file's digest is checked before its events are used; an abort throws the signal's reason between batches.
 * @throws `corrupt` naming the file, its events not restored then; `conflict` for a store whose events are sealed, without the option
 *   `evidence`; errors of the archive, of the target and of `evidence`
 */
export async function restoreArchive(
  archive: Archive,
  target: RestoreTarget,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  checkObject("options", options);
  checkKeys("options", options, ["filter", "archiveId", "signal", "onProgress", "evidence"]);
  const { onProgress, evidence, ...wanted } = options;
  if (evidence === undefined) await requireUnsealed(target);
  let sums: RestoreResult = { inserted: 0, duplicates: 0, conflicts: 0 };
  let batch: ArchivedEvent[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const events = batch.map(({ event }) => event);
    const leaves = await evidence?.leavesOf(toAnnounce(batch, options.signal));
    const { inserted, duplicates, conflicts } = await target.partitions.restore(
      events,
      ...(leaves === undefined ? [] : [{ evidence: leaves }]),
    );
    batch = [];
    sums = {
      inserted: sums.inserted + inserted,
      duplicates: sums.duplicates + duplicates,
      conflicts: sums.conflicts + conflicts,
    };
    onProgress?.(sums);
  };
  try {
    for await (const record of archive.checkedRecords(wanted)) {
      if (batch.length > 0 && batch[0]?.manifest !== record.manifest) await flush();
      if (batch.push(record) >= BATCH) await flush();
    }
    await flush();
  } catch (error) {
    if (options.signal?.aborted !== true) await stateAfter(error, evidence);
    throw error;
  }
  await evidence?.done({ signal: options.signal });
  return sums;
}

/** Restored events would be sealed a second time. */
async function requireUnsealed({ evidenceSupport }: RestoreTarget): Promise<void> {
  const log = await evidenceSupport?.log();
  if (log === undefined || log.size === 0) return;
  throw new StorageError({
    code: "conflict",
    option: "options.evidence",
    message: "the events of this store are sealed, and nothing says which places in its log restored ones have",
    remedy: "Pass {option}: restoreAnnouncer(storage) of @agent-assembly/evidence.",
  });
}

/** @param batch of one archive */
function toAnnounce(batch: readonly ArchivedEvent[], signal: AbortSignal | undefined): RestoreToAnnounce {
  const { manifest } = batch[0] as ArchivedEvent;
  const { evidence, archiveId } = manifest;
  return {
    events: batch.map(({ event }) => event),
    ...(evidence !== undefined && {
      leaves: batch.map(({ leaf }) => leaf),
      log: { log: evidence.log, origin: evidence.origin },
    }),
    archive: { id: archiveId, manifest: manifestDigest(manifest) },
    signal,
  };
}

/** What is back after a failure, which is told rather than one of this. */
async function stateAfter(cause: unknown, evidence: RestoreAnnouncer | undefined): Promise<void> {
  try {
    await evidence?.done();
  } catch (error) {
    // The next sealing states it.
    if (cause instanceof Error && cause.cause === undefined) cause.cause = error;
  }
}
