import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";
import { EvidenceError } from "../errors.js";
import { type OpenCheckpointOptions, type OpenedCheckpoint, openCheckpoint } from "../note/checkpoint.js";
import type { NoteVerifier } from "../note/key.js";
import { splitNote } from "../note/note.js";
import { checkBytes, decodeText, fromBase64, hashFromBase64, toBase64 } from "../support/bytes.js";
import { HASH_BYTES, leafHash } from "../tree/hash.js";
import { parseSize } from "../tree/shape.js";
import { verifyInclusion } from "../tree/verify.js";

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
/** A path in a tree of 2^63 leaves. */
const MAX_HASHES = 63;
/** Of the file: an entry in Base64, the hashes and a note. */
const MAX_LENGTH = 1_100_000;

/** A proof that a log has a leaf (C2SP tlog-proof), of which nothing is verified. */
export interface TlogProof {
  /** Opaque, and signed by nothing. In the files of this software, the entry of the leaf: its hash is what is proven. */
  readonly extra?: Uint8Array;
  /** Of the leaf, from 0. */
  readonly index: number;
  /** From the leaf's sibling up, 32 bytes each. */
  readonly hashes: readonly Uint8Array[];
  /** The signed note, unchanged. */
  readonly checkpoint: string;
}

/** The text of a `.tlog-proof` file. @throws `invalid_argument` */
export function formatTlogProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  parseSize("proof.index", index);
  for (const [at, hash] of hashes.entries()) checkBytes(`proof.hashes[${at}]`, hash, HASH_BYTES);
  if (hashes.length > MAX_HASHES) {
    throw invalidArgument("proof.hashes", `must be at most ${MAX_HASHES}, got ${describeShape(hashes)}`);
  }
  splitNote(checkpoint);
  const lines = [
    FIRST_LINE,
    ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(toBase64),
    "",
  ];
  return `${lines.join("\n")}\n${checkpoint}`;
}

/**
 * Reads a `.tlog-proof` file, of which nothing is verified. Use {@link verifyTlogProof} or {@link verifyEntryProof}.
 * @throws `EvidenceError` `proof_malformed`, `note_malformed`
 */
export function parseTlogProof(file: Uint8Array | string): TlogProof {
  const text = file.length > MAX_LENGTH ? undefined : decodeText(file);
  const split = text?.indexOf("\n\n") ?? -1;
  if (text === undefined || split === -1) throw malformed("is not text of two parts with an empty line between them");
  const [first, ...lines] = text.slice(0, split).split("\n");
  if (first !== FIRST_LINE) throw malformed(`does not begin with ${FIRST_LINE}`);
  const extra = lines[0]?.startsWith("extra ") ? fromBase64((lines.shift() as string).slice(6)) : null;
  if (extra === undefined) throw malformed("has extra data that are not Base64");
  const [, digits] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? "") ?? [];
  if (digits === undefined || !Number.isSafeInteger(Number(digits))) throw malformed("has no index of a leaf");
  const hashes = lines.map(hashFromBase64).filter((hash) => hash !== undefined);
  if (hashes.length < lines.length || hashes.length > MAX_HASHES) {
    throw malformed(`has lines that are not hashes, or more than ${MAX_HASHES}`);
  }
  const checkpoint = text.slice(split + 2);
  splitNote(checkpoint);
  return { index: Number(digits), hashes, checkpoint, ...(extra === null ? {} : { extra }) };
}

/**
 * Verifies that a log has a leaf.
 * @param leaf its hash, from `leafHash` of what is said to be logged
 * @param verifiers keys of the log
 * @returns the log's checkpoint, and the place of the leaf
 * @throws `EvidenceError`: as {@link parseTlogProof}, `openCheckpoint` and `verifyInclusion`
 */
export function verifyTlogProof(
  file: Uint8Array | string,
  leaf: Uint8Array,
  verifiers: readonly NoteVerifier[],
  options: OpenCheckpointOptions = {},
): { readonly checkpoint: OpenedCheckpoint; readonly index: number } {
  const { index, hashes, checkpoint: note } = parseTlogProof(file);
  const checkpoint = openCheckpoint(note, verifiers, options);
  if (index >= checkpoint.size) {
    throw new EvidenceError("proof_invalid", `the proof is of leaf ${index}, and the tree has ${checkpoint.size}`);
  }
  verifyInclusion(hashes, leaf, index, checkpoint);
  return { checkpoint, index };
}

/**
 * Verifies a file that brings its entry along, as those of this software do: everything in it is covered by the signature.
 * @returns also the entry, for `parseEntry`
 * @throws `EvidenceError` as {@link verifyTlogProof}; `proof_malformed` for a file without an entry
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { parseEntry, parseVerifierKey, verifyEntryProof } from "@agent-assembly/evidence";
 *
 * export async function whatIsProven(path: string, vkey: string) {
 *   const { entry, index, checkpoint } = verifyEntryProof(await readFile(path), [parseVerifierKey(vkey)]);
 *   return { index, of: checkpoint.size, entry: parseEntry(entry) };
 * }
 * ```
 */
export function verifyEntryProof(
  file: Uint8Array | string,
  verifiers: readonly NoteVerifier[],
  options: OpenCheckpointOptions = {},
): { readonly checkpoint: OpenedCheckpoint; readonly index: number; readonly entry: Uint8Array } {
  const { extra: entry } = parseTlogProof(file);
  if (entry === undefined) throw malformed("has no entry in a line that begins with extra");
  return { ...verifyTlogProof(file, leafHash(entry), verifiers, options), entry };
}

function malformed(problem: string): EvidenceError {
  return new EvidenceError("proof_malformed", `the proof ${problem}`);
}
