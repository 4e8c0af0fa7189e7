import { StorageError } from "@agent-assembly/storage-core";
import { isEvidenceError } from "../errors.js";
import { type Checkpoint, parseCheckpoint } from "../note/checkpoint.js";
import { splitNote } from "../note/note.js";
import { sameBytes } from "../support/bytes.js";
import type { AnchoredHead } from "./anchor.js";

/**
 * The tree in a checkpoint. Its signature is not verified here: an anchor is asked for what is larger than the log, and a note that
 * was forged to be larger must not go unnoticed either.
 * @throws `EvidenceError`
 */
export function headOfNote(note: Uint8Array | string): Checkpoint {
  const { origin, size, root } = parseCheckpoint(splitNote(note).text);
  return { origin, size, root };
}

/** What an anchor keeps under the name of a log. @throws `StorageError` `corrupt` for what is no checkpoint of it */
export function anchoredHead(source: string, note: Uint8Array | string, origin: string): AnchoredHead {
  try {
    const head = headOfNote(note);
    if (head.origin === origin) return { source, ...head, note: Buffer.from(note).toString() };
  } catch (error) {
    if (!isEvidenceError(error)) throw error;
    throw corrupt(source, error);
  }
  throw corrupt(source);
}

/** @throws `StorageError` `conflict` where another tree of the same size is there */
export function requireSameTree(source: string, stored: Uint8Array | string, put: Checkpoint): void {
  const { size, root } = anchoredHead(source, stored, put.origin);
  if (size === put.size && sameBytes(root, put.root)) return;
  throw new StorageError({
    code: "conflict",
    message: `${source} has another tree of ${put.size} leaves: the history of the log split`,
    remedy: "Do not sign further checkpoints before you know which history is the right one.",
  });
}

function corrupt(source: string, cause?: unknown): StorageError {
  const message = `${source} has something else where a checkpoint of the log belongs`;
  return new StorageError({ code: "corrupt", message, cause });
}
