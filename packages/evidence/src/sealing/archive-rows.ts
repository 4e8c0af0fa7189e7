import { canonicalJson, type Partition, type PartitionSlice, type StorageBackend } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type EvidenceLog,
  type EvidenceSupport,
  MAX_EVIDENCE_LIMIT,
} from "@agent-assembly/storage-core/backend";
import { SeqSet } from "../log/seq-set.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { storedTiles } from "../log/stored-tiles.js";
import { seedLines } from "../stored/seed-lines.js";
import { toBase64 } from "../support/bytes.js";
import { TILE_WIDTH } from "../tree/tile.js";
import { KeyCursor } from "./key-cursor.js";
import { LeafIndex } from "./leaf-index.js";

/** Rows that are about to be archived. */
export interface RowsOfArchive extends PartitionSlice {
  readonly partition: Partition;
}

/** What an archive keeps of the evidence of its events: the `evidence` of an archive entry. */
export interface RowEvidence {
  readonly log: number;
  readonly origin: string;
  /** The leaves of rows, in their order; null for those that are not sealed. Rows must come by `(ts, eventId)`. */
  leavesOf(rows: readonly AuditEventRow[]): Promise<readonly (number | null)[]>;
  /** The tiles of level 0 that the leaves are in, a line each. */
  tiles(): AsyncIterable<string>;
  /** The seeds of the leaves, a line for each bundle. */
  seeds(): AsyncIterable<string>;
}

/** The evidence of rows that are sealed. */
export async function evidenceOfRows(storage: StorageBackend, { partition }: RowsOfArchive): Promise<RowEvidence> {
  const support = evidenceOf(storage);
  const log = await requireLog(support);
  const index = await LeafIndex.of(support, log.log, partition.from, partition.to);
  return new StoredRowEvidence(support, log, index, new KeyCursor(support, log.position, MAX_EVIDENCE_LIMIT));
}

class StoredRowEvidence implements RowEvidence {
  readonly log: number;
  readonly origin: string;
  readonly #leaves = new SeqSet();
  readonly #bundles = new Set<number>();

  constructor(
    private readonly support: EvidenceSupport,
    { log, origin }: EvidenceLog,
    private readonly index: LeafIndex,
    private readonly keys: KeyCursor,
  ) {
    this.log = log;
    this.origin = origin;
  }

  async leavesOf(rows: readonly AuditEventRow[]): Promise<readonly (number | null)[]> {
    const leaves: (number | null)[] = [];
    for (const row of rows) {
      const key = await this.keys.find(row);
      const leaf = key === undefined ? null : this.index.leafOf(key.seq);
      leaves.push(leaf);
      if (leaf === null) continue;
      this.#leaves.add(leaf);
      this.#bundles.add(Math.floor(leaf / TILE_WIDTH));
    }
    return leaves;
  }

  async *tiles(): AsyncGenerator<string> {
    const source = storedTiles(this.support, this.log);
    for (const index of this.#ascending()) {
      const hashes = await source.readTile({ level: 0, index, width: TILE_WIDTH });
      if (hashes !== undefined) yield canonicalJson({ hashes: toBase64(hashes), index });
    }
  }

  seeds(): AsyncGenerator<string> {
    return seedLines(this.support, this.log, this.#leaves, this.#ascending());
  }

  #ascending(): number[] {
    return [...this.#bundles].sort((a, b) => a - b);
  }
}
