import { isStorageError, StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";

/**
 * What is wrong with a piece of evidence.
 *
 * | problem | meaning |
 * |---|---|
 * | `tile_missing` | a tile that the tree needs is absent |
 * | `tile_damaged` | a tile, or an entry bundle, does not have the content that the tree commits to, or no tile's shape |
 * | `proof_malformed` | the text is no proof |
 * | `proof_invalid` | the proof does not lead to the root of the tree |
 * | `note_malformed` | the text is no signed note |
 * | `checkpoint_malformed` | the note is signed, but its text is no checkpoint |
 * | `signature_invalid` | a known key did not make the signature under its name |
 * | `key_unknown` | no known key signed the note, or a key of another log did |
 * | `entry_malformed` | a leaf's entry is not in the form that this software writes |
 * | `entry_unknown` | an entry of a kind, or a version, that this software does not know; a later one may |
 */
export const EVIDENCE_PROBLEMS = [
  "tile_missing",
  "tile_damaged",
  "proof_malformed",
  "proof_invalid",
  "note_malformed",
  "checkpoint_malformed",
  "signature_invalid",
  "key_unknown",
  "entry_malformed",
  "entry_unknown",
] as const;

/** One of {@link EVIDENCE_PROBLEMS}. */
export type EvidenceProblem = (typeof EVIDENCE_PROBLEMS)[number];

/**
 * Evidence that does not hold. A `StorageError`, so `isStorageError` recognises it: its code is `corrupt`, or `unsupported`
 * for `entry_unknown`. A wrong call ends with a `StorageError` of code `invalid_argument` or `too_large` instead.
 */
export class EvidenceError extends StorageError {
  /** What a program decides on; `message` is for people. */
  readonly problem: EvidenceProblem;

  /** @param remedy full sentences */
  constructor(problem: EvidenceProblem, message: string, remedy?: string) {
    const code: StorageErrorCode = problem === "entry_unknown" ? "unsupported" : "corrupt";
    super({ code, message, remedy });
    this.problem = problem;
  }
}

/** True for an {@link EvidenceError} of any installed copy of this package. */
export function isEvidenceError(value: unknown, problem?: EvidenceProblem): value is EvidenceError {
  if (!isStorageError(value)) return false;
  const found = (value as Partial<EvidenceError>).problem;
  return found !== undefined && (problem === undefined || found === problem);
}
