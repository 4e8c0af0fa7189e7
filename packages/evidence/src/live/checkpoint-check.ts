import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import type { Finding } from "../findings.js";
import { isKeyOf, keyAt, type LogKey, logKeys, replacedKey } from "../log/log-keys.js";
import { type Checkpoint, openCheckpoint, parseCheckpoint } from "../note/checkpoint.js";
import { type NoteVerifier, parseVerifierKey } from "../note/key.js";
import { splitNote } from "../note/note.js";
import type { LeafReader } from "../stored/leaf-reader.js";
import { sameBytes } from "../support/bytes.js";
import type { TreeReader } from "../tree/reader.js";

/** A signed checkpoint of the log that is kept elsewhere. */
export interface KeptCheckpoint {
  /** Where it is kept, for people. */
  readonly source: string;
  /** The signed note. */
  readonly note: string;
}

/** Checkpoints of the store that are checked: the newest ones. */
const MOST_CHECKPOINTS = 1000;

/** What {@link checkCheckpoints} works with. */
export interface CheckpointParts {
  readonly support: EvidenceSupport;
  readonly log: EvidenceLog;
  readonly tree: TreeReader;
  /** Told of tiles that are damaged. */
  readonly leaves: LeafReader;
}

/**
 * Checks the checkpoints of a log, those of the store and those that are kept elsewhere, against its tree.
 * @param keys of the log; without them signatures are not checked
 */
export async function checkCheckpoints(
  { support, log, tree, leaves }: CheckpointParts,
  { keys, kept }: { readonly keys: readonly NoteVerifier[] | undefined; readonly kept: readonly KeptCheckpoint[] },
): Promise<Finding[]> {
  const stored = await support.checkpoints(MOST_CHECKPOINTS, log.log);
  const named = await logKeys(support, log);
  // The newest one must be signed by a key that was given; of those before, the log says which keys signed them.
  const vouched = keys === undefined ? undefined : withNamed(keys, named);
  const all = [
    ...stored.map(({ size, note }) => ({ source: `the store's checkpoint of size ${size}`, note, size })),
    ...kept.map(({ source, note }) => ({ source, note, size: undefined })),
  ];
  const findings: Finding[] = [];
  for (const [at, { source, note, size }] of all.entries()) {
    const opened = open(source, note, log.origin, at === 0 ? keys : vouched);
    if ("code" in opened) {
      findings.push(opened);
    } else if (size !== undefined && opened.size !== size) {
      const detail = `${source} is one of size ${opened.size}`;
      findings.push({ code: "checkpoint_forged", detail });
    } else if (opened.size > log.size) {
      const detail = `${source} has size ${opened.size}, the log has ${log.size}: the store was set back`;
      findings.push({ code: "rollback", leaf: log.size, detail });
    } else if (opened.origin !== log.origin) {
      findings.push({ code: "checkpoint_forged", detail: `${source} is one of another log` });
    } else if (!(await hasRoot(opened, tree, leaves))) {
      const detail = `${source} has another root for size ${opened.size} than the log: they are two histories`;
      findings.push({ code: "history_forked", detail });
    } else if (keys !== undefined) {
      const detail = replacedKey(note, keyAt(named, opened.size));
      if (detail !== undefined) findings.push({ code: "key_unknown", detail: `${source} ${detail}` });
    }
  }
  return findings;
}

function withNamed(keys: readonly NoteVerifier[], named: readonly LogKey[]): readonly NoteVerifier[] {
  const others = named.filter((key) => !keys.some((known) => isKeyOf(key, known)));
  return [...keys, ...others.map(({ vkey }) => parseVerifierKey(vkey))];
}

/** Where a tile is damaged that it needs, there is nothing to compare with; the tile is a finding. */
async function hasRoot({ size, root }: Checkpoint, tree: TreeReader, leaves: LeafReader): Promise<boolean> {
  try {
    return sameBytes(await tree.rootAt(size), root);
  } catch (error) {
    if (!isEvidenceError(error)) throw error;
    leaves.damaged(0, error.message);
    return true;
  }
}

function open(
  source: string,
  note: string,
  origin: string,
  keys: readonly NoteVerifier[] | undefined,
): Checkpoint | Finding {
  try {
    if (keys === undefined) return parseCheckpoint(splitNote(note).text);
    return openCheckpoint(note, keys, { origin });
  } catch (error) {
    if (!isEvidenceError(error)) throw error;
    const code = error.problem === "key_unknown" ? "key_unknown" : "checkpoint_forged";
    return { code, detail: `${source}: ${error.message}` };
  }
}
