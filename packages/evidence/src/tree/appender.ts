import { checkBytes } from "../support/bytes.js";
import { EMPTY_ROOT, HASH_BYTES } from "./hash.js";
import { readPartialTiles } from "./reader.js";
import { leavesPerHash, TILE_WIDTH, type Tile } from "./tile.js";
import { rootOfPartialTiles, TileHashes, type TileSource } from "./tile-source.js";
import type { TreeHead } from "./verify.js";

/** A tile and its hashes, 32 bytes each. */
export interface TileContent extends Tile {
  readonly hashes: Uint8Array;
}

/** The last tile of a level, as long as it is not full. */
interface OpenTile {
  index: number;
  width: number;
  readonly hashes: Uint8Array;
}

/**
 * A tree that grows: takes the hashes of leaves and gives the tiles to store. It keeps only the partial tiles, at most 8 KiB for
 * each level. When storing fails, make another one from what is stored.
 */
export class TreeAppender {
  #size = 0;
  readonly #levels: OpenTile[] = [];

  /** Continues a tree from its stored tiles. @throws `EvidenceError` `tile_missing`, `tile_damaged` */
  static async resume(source: TileSource, tree: TreeHead): Promise<TreeAppender> {
    const found = await readPartialTiles(source, tree);
    const appender = new TreeAppender();
    appender.#size = tree.size;
    for (let level = 0; leavesPerHash(level) <= tree.size; level++) {
      const tile = found.get(level);
      const open = appender.#open(level);
      // A level whose tiles are all full begins its next one.
      open.index = Math.floor(tree.size / leavesPerHash(level + 1));
      if (tile === undefined) continue;
      for (let at = 0; at < tile.width; at++) open.hashes.set(tile.subtree(at), at * HASH_BYTES);
      open.width = tile.width;
    }
    return appender;
  }

  /** Leaves. */
  get size(): number {
    return this.#size;
  }

  /** 32 bytes. */
  root(): Uint8Array {
    if (this.#size === 0) return Uint8Array.from(EMPTY_ROOT);
    return rootOfPartialTiles(
      this.#levels.map(({ hashes, width }) => new TileHashes(hashes.subarray(0, width * HASH_BYTES))),
    );
  }

  /**
   * Appends leaves.
   * @param leaves their hashes, from `leafHash`
   * @returns the tiles that are new or have more hashes than before, each once, as the tree of the new size has them
   * @throws `invalid_argument` for what is no hash; then none is appended
   */
  append(leaves: readonly Uint8Array[]): TileContent[] {
    for (const [at, leaf] of leaves.entries()) checkBytes(`leaves[${at}]`, leaf, HASH_BYTES);
    const tiles: TileContent[] = [];
    const changed = new Set<number>();
    for (const leaf of leaves) this.#push(0, leaf, tiles, changed);
    this.#size += leaves.length;
    for (const level of changed) {
      const { index, width, hashes } = this.#open(level);
      if (width > 0) tiles.push({ level, index, width, hashes: hashes.slice(0, width * HASH_BYTES) });
    }
    return tiles;
  }

  #push(level: number, hash: Uint8Array, tiles: TileContent[], changed: Set<number>): void {
    const open = this.#open(level);
    open.hashes.set(hash, open.width * HASH_BYTES);
    open.width++;
    changed.add(level);
    if (open.width < TILE_WIDTH) return;
    const hashes = open.hashes.slice();
    tiles.push({ level, index: open.index, width: TILE_WIDTH, hashes });
    open.index++;
    open.width = 0;
    this.#push(level + 1, new TileHashes(hashes).subtree(0, TILE_WIDTH), tiles, changed);
  }

  #open(level: number): OpenTile {
    this.#levels[level] ??= { index: 0, width: 0, hashes: new Uint8Array(TILE_WIDTH * HASH_BYTES) };
    return this.#levels[level];
  }
}
