import type { EvidenceLog, EvidenceStatement, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import { logStatements } from "../log/log-statements.js";
import { unpackSeqs } from "../log/seq-list.js";
import { SeqSet } from "../log/seq-set.js";
import { type Checkpoint, parseCheckpoint } from "../note/checkpoint.js";
import { splitNote } from "../note/note.js";
import { hashFromBase64, sameBytes, toBase64 } from "../support/bytes.js";
import type { TreeReader } from "../tree/reader.js";

/** The beginning of a log that was verified before, and had nothing to find. */
export interface VerifiedPart {
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** Of the tree of these leaves, Base64. */
  readonly root: string;
}

/** Where a walk over a log starts. */
export interface WalkStart {
  /** The first leaf that is looked at: the first one of the log, or behind a seal. */
  readonly leaf: number;
  /** The seal in front of it. */
  readonly seal: EvidenceStatement | undefined;
  /** Numbers of the rows of the leaves before. */
  readonly sealed: SeqSet;
  readonly events: number;
  /** The last leaf before that stands for an event; -1 without any. */
  readonly lastEvent: number;
}

export function verifiedPart({ origin, size, root }: Checkpoint): VerifiedPart {
  return { origin, size, root: toBase64(root) };
}

/** @returns `undefined` for what is no checkpoint. Whether it is signed, is found where all checkpoints are checked. */
export function partOfNote(note: string): VerifiedPart | undefined {
  try {
    return verifiedPart(parseCheckpoint(splitNote(note).text));
  } catch (error) {
    if (isEvidenceError(error)) return undefined;
    throw error;
  }
}

/** Whether the log still begins with a part. */
export async function continuesPart(
  tree: TreeReader,
  log: EvidenceLog,
  { origin, size, root }: VerifiedPart,
): Promise<boolean> {
  const wanted = hashFromBase64(root);
  if (origin !== log.origin || wanted === undefined || size > log.size) return false;
  try {
    return sameBytes(await tree.rootAt(size), wanted);
  } catch (error) {
    if (isEvidenceError(error)) return false;
    throw error;
  }
}

/** Where a walk begins that does not look at the leaves of a part: behind the last seal in it. Its batches alone are read. */
export async function walkStart(support: EvidenceSupport, log: number, size: number): Promise<WalkStart> {
  let seal: EvidenceStatement | undefined;
  for await (const statement of logStatements(support, log)) {
    if (statement.leaf >= size) break;
    if (statement.kind === "seal") seal = statement;
  }
  const start = { leaf: seal === undefined ? 0 : seal.leaf + 1, seal, sealed: new SeqSet(), events: 0, lastEvent: -1 };
  for (let from = 0; from < start.leaf; ) {
    const page = await support.batches(log, { from, limit: PAGE });
    for (const { first, count, seqs } of page) {
      if (first >= start.leaf) return start;
      for (const [at, seq] of readSeqs(seqs, count).entries()) {
        if (first + at >= start.leaf) return start;
        start.sealed.add(seq);
        start.events++;
        start.lastEvent = first + at;
      }
    }
    const last = page.at(-1);
    if (last === undefined) break;
    from = last.first + last.count;
  }
  return start;
}

const PAGE = 256;

/** What is damaged has been, or will be, found where its leaves are looked at. */
function readSeqs(seqs: Uint8Array, count: number): readonly number[] {
  try {
    return unpackSeqs(seqs, count);
  } catch (error) {
    if (isEvidenceError(error)) return [];
    throw error;
  }
}
