import { type AuditEvent, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { BatchPages } from "../log/batch-pages.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { storedTiles } from "../log/stored-tiles.js";
import { parseCheckpoint } from "../note/checkpoint.js";
import { splitNote } from "../note/note.js";
import { formatTlogProof } from "../proof/tlog-proof.js";
import { KeyCursor } from "../sealing/key-cursor.js";
import { LeafReader } from "../stored/leaf-reader.js";
import { sameBytes } from "../support/bytes.js";
import { leafHash } from "../tree/hash.js";
import { TreeReader } from "../tree/reader.js";
import { newestCheckpoint } from "./store-source.js";

/** Options of {@link proveEvent}. */
export interface ProveEventOptions {
  /** The event's time, where it is known: without it the whole store is searched. */
  readonly from?: Date | undefined;
  /** First instant behind it. */
  readonly to?: Date | undefined;
}

/** The proof of one event. */
export interface EventProof {
  /** The text of a `.tlog-proof` file, which has the entry of the event. */
  readonly proof: string;
  readonly eventId: string;
  /** Of the event in the tree. */
  readonly leaf: number;
  /** Leaves of the checkpoint's tree. */
  readonly size: number;
  readonly origin: string;
}

/**
 * Proves that the log of a store has an event, by its newest checkpoint.
 * @throws `not_found` for an event that the store does not have, or that no checkpoint covers yet; `conflict` where several events
 *   have the id; `corrupt` for one that is not as it was sealed; `EvidenceError` for tiles that are damaged
 *
 * @example
 * ```ts
 * import { writeFile } from "node:fs/promises";
 * import { proveEvent } from "@agent-assembly/evidence";
 * import type { StorageBackend } from "@agent-assembly/storage-core";
 *
 * export async function writeProof(storage: StorageBackend, eventId: string): Promise<void> {
 *   const { proof } = await proveEvent(storage, eventId);
 *   await writeFile(`${eventId}.tlog-proof`, proof);
 * }
 * ```
 */
export async function proveEvent(
  storage: StorageBackend,
  eventId: string,
  range: ProveEventOptions = {},
): Promise<EventProof> {
  const support = evidenceOf(storage);
  const log = await requireLog(support);
  const { note } = await newestCheckpoint(support, log.log);
  const checkpoint = parseCheckpoint(splitNote(note).text);
  const event = await findEvent(storage, eventId, range);
  const leaf = await leafOf(support, log, event);
  if (leaf === undefined || leaf >= checkpoint.size) {
    throw new StorageError({
      code: "not_found",
      message: `no checkpoint covers the event ${event.eventId} yet`,
      remedy: 'Seal and sign, as "aasm evidence seal --once" does, and try again.',
    });
  }
  const tree = new TreeReader(storedTiles(support, log.log), checkpoint);
  const sealed = await new LeafReader(support, log.log, tree).leaf(leaf);
  const entry = sealed?.entryOf(event);
  if (sealed === undefined || entry === undefined || !sameBytes(leafHash(entry), sealed.hash)) {
    throw new StorageError({
      code: "corrupt",
      message: `the event ${event.eventId} is not as it was sealed at leaf ${leaf}, or its salts or tile are not`,
      remedy: 'Verify the store, as "aasm evidence verify" does.',
    });
  }
  const hashes = await tree.inclusionProof(leaf);
  const proof = formatTlogProof({ extra: entry, index: leaf, hashes, checkpoint: note });
  return { proof, eventId: event.eventId, leaf, size: checkpoint.size, origin: checkpoint.origin };
}

async function findEvent(
  storage: StorageBackend,
  eventId: string,
  { from, to }: ProveEventOptions,
): Promise<AuditEvent> {
  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const { items } = await storage.audit.query({ ...range, eventId }, { limit: 2 });
  const [event, other] = items;
  if (event !== undefined && other === undefined) return event;
  if (event === undefined) {
    throw new StorageError({ code: "not_found", message: `there is no event ${eventId} in the store` });
  }
  throw new StorageError({
    code: "conflict",
    message: `several events have the id ${eventId}`,
    remedy: "Say from when to when the event is.",
  });
}

/** @returns `undefined` where it is not sealed */
async function leafOf(
  support: EvidenceSupport,
  { log, position }: EvidenceLog,
  { ts, eventId }: AuditEvent,
): Promise<number | undefined> {
  const key = await new KeyCursor(support, position, 1).find({ ts: ts.getTime(), eventId });
  return key === undefined ? undefined : new BatchPages(support, log).leafOf(key.seq, key.ts);
}
