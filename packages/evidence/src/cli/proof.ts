import { fileError, readInput } from "@agent-assembly/storage-core/backend";
import type { LeafEntry } from "../leaf/entry.js";
import { parseEntry } from "../leaf/parse-entry.js";
import type { NoteVerifier } from "../note/key.js";
import { verifyEntryProof } from "../proof/tlog-proof.js";

/** Of the file: an entry in Base64, the hashes and a note. */
const MAX_BYTES = 1_200_000;

/** What a proof proves. */
interface ProvenEntry {
  readonly leaf: number;
  readonly origin: string;
  readonly size: number;
  readonly entry: LeafEntry;
}

/** @throws `EvidenceError`; errors of the file system as `StorageError` */
export async function readProof(path: string, keys: readonly NoteVerifier[]): Promise<ProvenEntry> {
  const { index, checkpoint, entry } = verifyEntryProof(await readSmallFile(path), keys);
  return { leaf: index, origin: checkpoint.origin, size: checkpoint.size, entry: parseEntry(entry) };
}

/** A proof, or a checkpoint. @throws `StorageError`, also for a file that is too large for one */
export async function readSmallFile(path: string): Promise<Uint8Array> {
  try {
    const rules = { links: "follow", location: { kind: "file", place: path } } as const;
    return await readInput(path, rules, { pipes: "all", maxBytes: MAX_BYTES });
  } catch (error) {
    throw fileError(error, path);
  }
}

export function proofText({ leaf, origin, size, entry }: ProvenEntry): string {
  const what =
    entry.t === "event"
      ? `event ${entry.eventId} of ${entry.ts}, recorded ${entry.recordedAt}`
      : `a statement: ${entry.t}`;
  return `proven: leaf ${leaf} of the ${size} of ${origin} is ${what}\n`;
}
