import type { AuditEvent } from "@agent-assembly/storage-core";
import type { AnchorReceipt } from "../anchors/receipt.js";
import type { BundleSalts } from "../folder/seeds-line.js";
import type { TileSource } from "../tree/tile-source.js";

/** A leaf of an event, as a store has it. */
export interface SourceEvent {
  readonly leaf: number;
  /**
   * The entry of the leaf, made from the row, its salts and the commitments of erased parts. Absent where the row is gone. One that
   * is not what was sealed is found out.
   */
  readonly entry?: Uint8Array;
  /** The row; absent where it was dropped or removed. */
  readonly event?: AuditEvent;
}

/** A leaf that is not an event, as a store has it. */
export interface SourceStatement {
  readonly leaf: number;
  readonly entry: Uint8Array;
}

/**
 * What an export is written from: a store, or a log in memory. Nothing of it is trusted: it is compared with the checkpoint. While
 * an export runs, the log may grow; it may not drop or erase what is exported, or the export tells of it.
 *
 * Of tiles, those of level 0 may be gone where all rows of the bundle were dropped, unless a leaf in it is a statement other
 * than a seal.
 */
export interface EvidenceSource extends TileSource {
  /** The newest signed checkpoint; the export is of its tree. */
  checkpoint(): Promise<string>;
  /** All verifier keys that the log has had, the newest last. */
  verifierKeys(): Promise<readonly string[]>;
  /** All leaves below `size` that are not events, ascending. */
  statements(size: number): AsyncIterable<SourceStatement>;
  /** Those of the leaves from `start` to before `end` that are events, ascending; leaves whose row is gone may be left out. */
  events(start: number, end: number): AsyncIterable<SourceEvent>;
  /** The salts of a bundle, as far as they were not destroyed; `undefined` where none are left. */
  salts(bundle: number): Promise<BundleSalts | undefined>;
  /**
   * The list that is kept beside a `drop`, `restore` or `erase` statement, as canonical JSON.
   * @param leaf of the statement
   */
  list(leaf: number): Promise<string | undefined>;
  /** Receipts of anchors, in any order. */
  receipts(): AsyncIterable<AnchorReceipt>;
}
