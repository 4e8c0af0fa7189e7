import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import type { Finding } from "../findings.js";
import { storedTiles } from "../log/stored-tiles.js";
import { parseCheckpoint } from "../note/checkpoint.js";
import { splitNote } from "../note/note.js";
import { sameBytes } from "../support/bytes.js";
import { TreeReader } from "../tree/reader.js";

/** A state of a log that is known from elsewhere, such as an anchor. */
export interface KnownCheckpoint {
  /** Where it is known from, for people, such as `the file /mnt/anchor/checkpoint`. */
  readonly source: string;
  readonly origin: string;
  readonly size: number;
  /** 32 bytes; absent where only the size is known. */
  readonly root?: Uint8Array;
}

/** The newest checkpoint and the newest anchor that the store itself knows of a log. */
export async function knownToStore(support: EvidenceSupport, { log, origin }: EvidenceLog): Promise<KnownCheckpoint[]> {
  const [[checkpoint], [anchor]] = await Promise.all([support.checkpoints(1), support.anchors(1)]);
  const known: KnownCheckpoint[] = [];
  if (checkpoint?.log === log) {
    const { origin: signedFor, size, root } = parseCheckpoint(splitNote(checkpoint.note).text);
    known.push({ source: "the store's newest checkpoint", origin: signedFor, size, root });
  }
  if (anchor?.log === log) {
    known.push({ source: `the anchor ${anchor.kind} ${anchor.target}`, origin, size: anchor.size });
  }
  return known;
}

/**
 * Whether a log continues what is known of it.
 * @returns `history_forked` for the first known state that it does not continue
 * @throws `EvidenceError` `tile_missing`, `tile_damaged`
 */
export async function forkedFrom(
  support: EvidenceSupport,
  log: EvidenceLog,
  known: readonly KnownCheckpoint[],
): Promise<Finding | undefined> {
  const reader = new TreeReader(storedTiles(support, log.log), log);
  for (const { source, origin, size, root } of known) {
    if (origin !== log.origin) continue;
    if (size > log.size) {
      return {
        code: "history_forked",
        detail: `${source} has size ${size.toLocaleString("en")}, this store ${log.size.toLocaleString("en")}`,
      };
    }
    if (root === undefined || sameBytes(await reader.rootAt(size), root)) continue;
    return {
      code: "history_forked",
      detail: `${source} has another root for size ${size.toLocaleString("en")} than this store`,
    };
  }
  return undefined;
}
