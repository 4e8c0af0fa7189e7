import { type AuditEvent, isStorageError, type StorageBackend } from "@agent-assembly/storage-core";
import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import { BatchPages } from "../log/batch-pages.js";
import { storedTiles } from "../log/stored-tiles.js";
import { parseCheckpoint } from "../note/checkpoint.js";
import { splitNote } from "../note/note.js";
import { formatTlogProof } from "../proof/tlog-proof.js";
import { KeyCursor } from "../sealing/key-cursor.js";
import { LeafReader } from "../stored/leaf-reader.js";
import { sameBytes } from "../support/bytes.js";
import { leafHash } from "../tree/hash.js";
import { TreeReader } from "../tree/reader.js";

interface InLog {
  /** Name of the log. */
  readonly origin: string;
  /** Which log of the store. */
  readonly log: number;
}

interface AtLeaf extends InLog {
  /** Of the event in the tree. */
  readonly leaf: number;
}

interface UnderCheckpoint extends AtLeaf {
  /** Leaves of the checkpoint's tree. */
  readonly size: number;
  /** When the checkpoint was signed, as the store says. */
  readonly signedAt: Date;
}

/**
 * What the log of a store says of one event; the list of states is closed.
 *
 * | state | meaning |
 * |---|---|
 * | `not_sealed` | the store has no log |
 * | `waiting` | the event is not sealed yet |
 * | `unsigned` | it has a leaf, and no signed checkpoint covers that yet |
 * | `proven` | a signed checkpoint covers it, and `proof` shows that |
 * | `unproven` | a signed checkpoint covers it; this login may not read the salts that a proof needs |
 * | `not_as_sealed` | the row, its salts or a tile is not what was sealed |
 */
export type EventEvidence =
  | { readonly state: "not_sealed" }
  | (InLog & { readonly state: "waiting" })
  | (AtLeaf & { readonly state: "unsigned" })
  | (UnderCheckpoint & {
      readonly state: "proven";
      /** The text of a `.tlog-proof` file, which has the entry of the event. */
      readonly proof: string;
      /** Parts of the event that were erased: of them the proof has the commitment. */
      readonly erasedParts: number;
    })
  | (UnderCheckpoint & { readonly state: "unproven" })
  | (InLog & {
      readonly state: "not_as_sealed";
      /** Absent where no leaf stands for the event. */
      readonly leaf?: number;
      /** What was found, in words, without stored values. */
      readonly detail: string;
    });

/**
 * What the log of a store says of an event that is in it. Nothing but the event and its way to the checkpoint is read: that all
 * others are there, and that the checkpoint is the one that was signed, a verification says.
 * @param event as the store has it
 */
export async function eventEvidence(storage: StorageBackend, event: AuditEvent): Promise<EventEvidence> {
  const { evidenceSupport: support } = storage;
  const log = await support?.log();
  if (support === undefined || log === undefined) return { state: "not_sealed" };
  const { origin, log: number } = log;
  try {
    return await readEventEvidence(support, log, event);
  } catch (error) {
    if (!isEvidenceError(error)) throw error;
    return { state: "not_as_sealed", origin, log: number, detail: error.message };
  }
}

/** As {@link eventEvidence}. @throws `EvidenceError` for a tile or a checkpoint that is damaged */
export async function readEventEvidence(
  support: EvidenceSupport,
  log: EvidenceLog,
  event: AuditEvent,
): Promise<EventEvidence> {
  const { origin, log: number, position, size } = log;
  const key = { ts: event.ts.getTime(), eventId: event.eventId };
  const row = await new KeyCursor(support, position, 1).find(key);
  if (row === undefined) return { state: "waiting", origin, log: number };
  const leaf = await new BatchPages(support, number).leafOf(row.seq, row.ts, size);
  if (leaf === undefined) {
    const detail = "sealing has passed the event, and no leaf stands for it";
    return { state: "not_as_sealed", origin, log: number, detail };
  }
  const at = { origin, log: number, leaf };
  const [newest] = await support.checkpoints(1, number);
  const checkpoint = newest === undefined ? undefined : parseCheckpoint(splitNote(newest.note).text);
  if (newest === undefined || checkpoint === undefined || leaf >= checkpoint.size) return { state: "unsigned", ...at };
  const under = { ...at, size: checkpoint.size, signedAt: new Date(newest.at) };
  const tree = new TreeReader(storedTiles(support, number), checkpoint);
  try {
    const sealed = await new LeafReader(support, number, tree).leaf(leaf);
    const entry = sealed?.entryOf(event);
    if (sealed === undefined || entry === undefined || !sameBytes(leafHash(entry), sealed.hash)) {
      const detail = `the event is not as it was sealed at leaf ${leaf}, or its salts or tile are not`;
      return { state: "not_as_sealed", ...at, detail };
    }
    const hashes = await tree.inclusionProof(leaf);
    const proof = formatTlogProof({ extra: entry, index: leaf, hashes, checkpoint: newest.note });
    const erasedParts = (sealed.kept ?? []).filter(({ isErased }) => isErased).length;
    return { state: "proven", ...under, proof, erasedParts };
  } catch (error) {
    // Only the role that seals reads salts: with them, values can be guessed that were left out.
    if (isStorageError(error, "permission_denied")) return { state: "unproven", ...under };
    throw error;
  }
}
