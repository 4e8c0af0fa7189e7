import { type AuditEvent, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import type { EvidenceLog, RestoredEvidence } from "@agent-assembly/storage-core/backend";
import { evidenceOf } from "../log/store-log.js";
import { storedTiles } from "../log/stored-tiles.js";
import { sealedSoFar } from "../sealing/sealed-so-far.js";
import { createSealer } from "../sealing/sealer.js";
import { compareWithLeaf } from "../stored/compare-leaf.js";
import { LeafReader } from "../stored/leaf-reader.js";
import { LeafSearch, type SoughtEvent } from "../stored/leaf-search.js";
import { TreeReader } from "../tree/reader.js";
import type { DropAnnouncerOptions } from "./drop-announcer.js";

/** Events that are about to be restored, all of one archive. */
export interface EventsToRestore {
  readonly archive: {
    readonly id: string;
    /** SHA-256, Base64. */
    readonly manifest: string;
  };
  readonly events: readonly AuditEvent[];
  /** What the archive says of their leaves: null for events that were not sealed. Absent, with `log`, where it says nothing. */
  readonly leaves?: readonly (number | null)[] | undefined;
  /** The log of these leaves. */
  readonly log?: { readonly log: number; readonly origin: string } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Says which leaves restored events have, and states in the log that they are back: the `evidence` of `restoreArchive`. */
export interface StoreRestoreAnnouncer {
  /**
   * Called before events are restored.
   * @returns what is stored with them; `undefined` where the store has no log
   * @throws `corrupt` for an event that is not what its leaf stands for, or whose tile or seeds are damaged; `unsupported` where the
   *   archive says nothing of leaves and they cannot be found out
   */
  leavesOf(restore: EventsToRestore): Promise<RestoredEvidence | undefined>;
  /** Called behind the restore, to state it. What is not stated is stated when events are sealed next. */
  done(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/**
 * Makes restores keep the leaves of events, and state in the log of the store that their rows are back.
 * @throws `unsupported` for a store that keeps no evidence
 * @example
 * ```ts
 * import { restoreAnnouncer } from "@agent-assembly/evidence";
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 *
 * await using storage = openMemoryStorage();
 * // restoreArchive(archive, storage, { evidence })
 * const evidence = restoreAnnouncer(storage);
 * ```
 */
export function restoreAnnouncer(
  storage: StorageBackend,
  { sealer = createSealer(storage), waitMs = 30_000 }: DropAnnouncerOptions = {},
): StoreRestoreAnnouncer {
  const support = evidenceOf(storage);
  let lookup: Promise<LeafLookupOfStore | undefined> | undefined;
  const open = async (): Promise<LeafLookupOfStore | undefined> => {
    const log = await support.log();
    if (log === undefined) return undefined;
    const leaves = new LeafReader(support, log.log, new TreeReader(storedTiles(support, log.log), log));
    return { log, leaves, search: new LeafSearch(support, log.log, leaves) };
  };
  return {
    async leavesOf(restore) {
      lookup ??= open();
      const found = await lookup;
      return found === undefined ? undefined : leavesIn(found, restore);
    },
    async done({ signal } = {}) {
      if ((await support.log()) !== undefined) await sealedSoFar(sealer, waitMs, signal);
    },
  };
}

interface LeafLookupOfStore {
  readonly log: EvidenceLog;
  readonly leaves: LeafReader;
  readonly search: LeafSearch;
}

async function leavesIn(
  { log, leaves, search }: LeafLookupOfStore,
  { events, leaves: said, log: of, archive, signal }: EventsToRestore,
): Promise<RestoredEvidence> {
  const isOfLog = of !== undefined && of.log === log.log && of.origin === log.origin;
  const found: (number | null)[] = [];
  const sought: SoughtEvent[] = [];
  for (const [at, event] of events.entries()) {
    const leaf = isOfLog ? (said?.[at] ?? null) : null;
    found.push(leaf);
    if (leaf === null) sought.push({ at, event });
    else await requireSame(leaves, log, leaf, event);
  }
  for (const [at, leaf] of await search.find(sought, signal)) if (!found.includes(leaf)) found[at] = leaf;
  return { log: log.log, leaves: found, archive: archive.id, manifest: archive.manifest };
}

/** An archive may have an event as it was before parts were erased, which cannot be compared. */
async function requireSame(leaves: LeafReader, { size }: EvidenceLog, leaf: number, event: AuditEvent): Promise<void> {
  if (leaf >= size) {
    throw new StorageError({
      code: "conflict",
      message: `the archive has the event of leaf ${leaf}, and the log of this store has ${size} leaves: it was set back`,
      remedy: 'Verify the store, as "aasm evidence verify" does, and restore a newer state of it.',
    });
  }
  const found = await compareWithLeaf(leaves, leaf, event);
  if (found === "same" || found === "erased") return;
  const isDamaged = found === "damaged";
  throw new StorageError({
    code: "corrupt",
    message: isDamaged
      ? `tile or seeds of leaf ${leaf} are damaged, so that the archived event ${event.eventId} cannot be compared`
      : `the archived event ${event.eventId} is not what was sealed as leaf ${leaf}`,
    remedy: isDamaged
      ? 'Verify the store, as "aasm evidence verify" does, and restore its tables of evidence from a copy.'
      : "Restore the archive from a copy.",
  });
}
