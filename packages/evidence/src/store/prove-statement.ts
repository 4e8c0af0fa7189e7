import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { storedTiles } from "../log/stored-tiles.js";
import { parseCheckpoint } from "../note/checkpoint.js";
import { splitNote } from "../note/note.js";
import { formatTlogProof } from "../proof/tlog-proof.js";
import { sameBytes } from "../support/bytes.js";
import { leafHash } from "../tree/hash.js";
import { TreeReader } from "../tree/reader.js";
import type { EventProof } from "./prove-event.js";
import { newestCheckpoint } from "./store-source.js";

/** The proof of one statement. */
export interface StatementProof extends Omit<EventProof, "eventId"> {
  /** As `erase` or `drop`. */
  readonly kind: string;
}

/**
 * Proves that the log of a store has a statement, such as that of an erasure, by its newest checkpoint.
 * @param leaf of the statement
 * @throws `not_found` for a leaf that is no statement, or that no checkpoint covers yet; `corrupt` for one that is not as it was sealed;
 *   `EvidenceError` for tiles that are damaged
 */
export async function proveStatement(storage: StorageBackend, leaf: number): Promise<StatementProof> {
  const support = evidenceOf(storage);
  const { log } = await requireLog(support);
  const { note } = await newestCheckpoint(support, log);
  const checkpoint = parseCheckpoint(splitNote(note).text);
  const [statement] = await support.statements(log, { from: leaf, limit: 1 });
  if (statement?.leaf !== leaf) {
    throw new StorageError({ code: "not_found", message: `leaf ${leaf} of the log is no statement` });
  }
  if (leaf >= checkpoint.size) {
    throw new StorageError({
      code: "not_found",
      message: `no checkpoint covers leaf ${leaf} yet`,
      remedy: 'Sign one, as "aasm evidence checkpoint" does, and try again.',
    });
  }
  const tree = new TreeReader(storedTiles(support, log), checkpoint);
  const entry = Buffer.from(statement.entry);
  if (!sameBytes(leafHash(entry), await tree.leafHash(leaf))) {
    throw new StorageError({
      code: "corrupt",
      message: `the statement at leaf ${leaf} is not as it was sealed`,
      remedy: 'Verify the store, as "aasm evidence verify" does.',
    });
  }
  const hashes = await tree.inclusionProof(leaf);
  const proof = formatTlogProof({ extra: entry, index: leaf, hashes, checkpoint: note });
  return { proof, kind: statement.kind, leaf, size: checkpoint.size, origin: checkpoint.origin };
}
