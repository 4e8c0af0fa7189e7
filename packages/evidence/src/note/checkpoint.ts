import { invalidArgument } from "@agent-assembly/storage-core/backend";
import { EvidenceError } from "../errors.js";
import { checkBytes, hashFromBase64, shown, toBase64 } from "../support/bytes.js";
import { HASH_BYTES } from "../tree/hash.js";
import { parseSize } from "../tree/shape.js";
import type { TreeHead } from "../tree/verify.js";
import { keyNameProblem, type NoteSigner, type NoteVerifier } from "./key.js";
import { type Note, type NoteSignature, openNote, signNote } from "./note.js";

/** What a log signs (C2SP tlog-checkpoint): the size and the root of its tree. */
export interface Checkpoint extends TreeHead {
  /** The log: the name of the key that signs its checkpoints. */
  readonly origin: string;
}

/** A checkpoint whose signature by its log was verified. */
export interface OpenedCheckpoint extends Checkpoint {
  /** Lines after the root, which this software never writes: they are signed, and say nothing about the tree. */
  readonly extensions: readonly string[];
  readonly note: Note;
}

/** How a checkpoint is opened. */
export interface OpenCheckpointOptions {
  /** The log that the checkpoint must be of. @default the name of one of the keys whose signature was verified */
  readonly origin?: string;
}

/**
 * Opens a signed checkpoint.
 * @param verifiers keys of the log; not those of witnesses, since one signature is enough
 * @throws `EvidenceError` as `openNote`; `checkpoint_malformed`; `key_unknown` for the checkpoint of another log
 */
export function openCheckpoint(
  note: Uint8Array | string,
  verifiers: readonly NoteVerifier[],
  { origin }: OpenCheckpointOptions = {},
): OpenedCheckpoint {
  const opened = openNote(note, verifiers);
  const checkpoint = parseCheckpoint(opened.text);
  const accepted = origin === undefined ? opened.verified.map(({ name }) => name) : [origin];
  if (!accepted.includes(checkpoint.origin)) {
    throw new EvidenceError(
      "key_unknown",
      `the checkpoint is of the log ${shown(checkpoint.origin)}, not of ${accepted.join(" or ")}`,
      "Name the log as its origin, if its keys have another name.",
    );
  }
  return { ...checkpoint, note: opened };
}

const SIZE = /^(?:0|[1-9]\d*)$/;

/**
 * Reads the text of a checkpoint, of which nothing is verified. Use {@link openCheckpoint}.
 * @throws `EvidenceError` `checkpoint_malformed`
 */
export function parseCheckpoint(text: string): Omit<OpenedCheckpoint, "note"> {
  const lines = text.endsWith("\n") ? text.slice(0, -1).split("\n") : [];
  const [origin = "", size = "", encoded, ...extensions] = lines;
  const root = hashFromBase64(encoded);
  if (origin === "" || !SIZE.test(size) || root === undefined || extensions.includes("")) {
    throw new EvidenceError(
      "checkpoint_malformed",
      "a checkpoint is three lines (origin, size, Base64 of the root) and lines that are not empty after them",
    );
  }
  if (!Number.isSafeInteger(Number(size))) {
    throw new EvidenceError("checkpoint_malformed", "the checkpoint has a size of 2^53 leaves or more");
  }
  return { origin, size: Number(size), root, extensions };
}

/**
 * Signs a checkpoint. It has no extension lines.
 * @param signers at least one of them has the origin as its name
 * @param others signatures of the same checkpoint to keep, such as those of witnesses
 * @throws `invalid_argument`
 */
export async function signCheckpoint(
  { origin, size, root }: Checkpoint,
  signers: readonly NoteSigner[],
  others: readonly NoteSignature[] = [],
): Promise<string> {
  const problem = keyNameProblem(origin);
  if (problem !== undefined) throw invalidArgument("checkpoint.origin", problem);
  parseSize("checkpoint.size", size);
  checkBytes("checkpoint.root", root, HASH_BYTES);
  if (!signers.some(({ name }) => name === origin)) {
    throw invalidArgument("signers", "must have a key with the name of the checkpoint's origin");
  }
  return signNote(`${origin}\n${size}\n${toBase64(root)}\n`, signers, others);
}
