import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";
import { EvidenceError } from "../errors.js";
import { decodeText, fromBase64, shown, toBase64 } from "../support/bytes.js";
import { idText, isKeyName, type NoteSigner, type NoteVerifier } from "./key.js";

/** Longer notes, and such with more signatures, are refused unread. */
const MAX_NOTE_LENGTH = 1_000_000;
const MAX_SIGNATURES = 100;
const DASH = "— ";
/** Those below U+0020 but the newline. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a note has none of them
const CONTROLS = /[\u0000-\u0009\u000b-\u001f]/;

/** One signature of a note. */
export interface NoteSignature {
  /** Of the key, as the line says. */
  readonly name: string;
  readonly id: number;
  /** Without the id. */
  readonly signature: Uint8Array;
}

/** A note that was taken apart (C2SP signed-note): a text, and who says to have signed it. */
export interface UnverifiedNote {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A note that at least one known key signed. */
export interface Note {
  /** With its last newline. */
  readonly text: string;
  /** Of known keys, one for each key; all are valid. */
  readonly verified: readonly NoteSignature[];
  /** Of other keys: they say nothing, and a note is not refused for them. */
  readonly unverified: readonly NoteSignature[];
}

/**
 * Takes a signed note apart without verifying anything. Use {@link openNote}.
 * @throws `EvidenceError` `note_malformed`
 */
export function splitNote(note: Uint8Array | string): UnverifiedNote {
  if (note.length > MAX_NOTE_LENGTH) throw malformed(`is longer than ${MAX_NOTE_LENGTH}`);
  const whole = decodeText(note);
  if (whole === undefined) throw malformed("is not UTF-8");
  if (CONTROLS.test(whole)) throw malformed("has a control character other than a newline");
  const split = whole.lastIndexOf("\n\n");
  if (split === -1) throw malformed("has no empty line between text and signatures");
  if (!whole.endsWith("\n") || split + 2 === whole.length) throw malformed("does not end with a signature line");
  const lines = whole.slice(split + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw malformed(`has more than ${MAX_SIGNATURES} signatures`);
  return { text: whole.slice(0, split + 1), signatures: lines.map(parseLine) };
}

function parseLine(line: string, at: number): NoteSignature {
  const [name = "", encoded = "", ...rest] = line.startsWith(DASH) ? line.slice(DASH.length).split(" ") : [];
  const bytes = fromBase64(encoded);
  if (rest.length > 0 || !isKeyName(name) || bytes === undefined || bytes.length < 5) {
    throw malformed(`has no signature in line ${at + 1} after its text`);
  }
  return { name, id: Buffer.from(bytes).readUInt32BE(0), signature: bytes.subarray(4) };
}

/**
 * Opens a signed note. Every signature under the name and id of a known key is verified; all others are ignored.
 * @param verifiers the known keys
 * @throws `EvidenceError` `note_malformed`; `signature_invalid` for a signature that a known key did not make; `key_unknown`
 *   where no known key signed; `invalid_argument` for two different keys of one name and id
 */
export function openNote(note: Uint8Array | string, verifiers: readonly NoteVerifier[]): Note {
  const { text, signatures } = splitNote(note);
  const bytes = Buffer.from(text);
  const verified = new Map<string, NoteSignature>();
  const unverified = new Map<string, NoteSignature>();
  for (const signature of signatures) {
    const key = keyOf(signature);
    const known = verifiers.filter((verifier) => keyOf(verifier) === key);
    if (known.length > 1) throw invalidArgument("verifiers", `have ${known.length} keys ${key}; give each key once`);
    if (known[0] === undefined) {
      unverified.set(lineOf(signature), signature);
      continue;
    }
    if (!known[0].verify(bytes, signature.signature)) {
      throw new EvidenceError(
        "signature_invalid",
        `the key ${key} did not sign this note: note or signature was changed`,
      );
    }
    verified.set(key, signature);
  }
  if (verified.size === 0) {
    throw new EvidenceError(
      "key_unknown",
      `none of the keys that were given signed the note; it says to be signed by ${shown(signatures.map(keyOf).join(", "))}`,
      "Get the log's verifier key from its operator by a way that you trust.",
    );
  }
  return { text, verified: [...verified.values()], unverified: [...unverified.values()] };
}

/**
 * Signs a text.
 * @param text ends with a newline
 * @param others signatures to keep, such as those of witnesses; one of a signer's own key is replaced
 * @returns the signed note
 * @throws `invalid_argument` for a text that no note can have, no signature at all, or more than 100
 */
export async function signNote(
  text: string,
  signers: readonly NoteSigner[],
  others: readonly NoteSignature[] = [],
): Promise<string> {
  if (!text.endsWith("\n") || decodeText(text) === undefined || CONTROLS.test(text)) {
    throw invalidArgument(
      "text",
      `must be text that ends with a newline, without other control characters, got ${describeShape(text)}`,
    );
  }
  const bytes = Buffer.from(text);
  const own = new Set(signers.map(keyOf));
  const signatures = others.filter((signature) => !own.has(keyOf(signature)));
  for (const signer of signers) {
    signatures.push({ name: signer.name, id: signer.id, signature: await signer.sign(bytes) });
  }
  for (const [at, { name, signature }] of signatures.entries()) {
    if (!isKeyName(name) || !name.isWellFormed() || CONTROLS.test(name) || signature.length === 0) {
      throw invalidArgument(`signatures[${at}]`, "must have a name without spaces and +, and a signature");
    }
  }
  if (signatures.length === 0 || signatures.length > MAX_SIGNATURES || own.size < signers.length) {
    throw invalidArgument("signers", `must give 1 to ${MAX_SIGNATURES} signatures, one for each key`);
  }
  return `${text}\n${signatures.map((signature) => `${lineOf(signature)}\n`).join("")}`;
}

function lineOf({ name, id, signature }: NoteSignature): string {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(id);
  return `${DASH}${name} ${toBase64(Buffer.concat([head, signature]))}`;
}

/** Name and id, as Go's package `note` prints them. */
function keyOf({ name, id }: { readonly name: string; readonly id: number }): string {
  return `${name}+${idText(id)}`;
}

function malformed(problem: string): EvidenceError {
  return new EvidenceError("note_malformed", `the signed note ${problem}`);
}
