import { EvidenceError } from "../errors.js";
import { HASH_BYTES, nodeHash } from "./hash.js";
import { completeSubtrees } from "./shape.js";
import { TILE_WIDTH, type Tile, tilePath } from "./tile.js";

/** Where the tiles of a tree are: a table, a folder, a server. What comes from it is not trusted. */
export interface TileSource {
  /**
   * @returns the hashes of the tile, 32 bytes each, from the left; also more than `tile.width` of them, where the tile has grown
   *   since; `undefined` where there is no such tile
   */
  readTile(tile: Tile): Promise<Uint8Array | undefined>;
}

/**
 * The hashes of a tile, as many as its width. A partial tile may be gone once the full one is there.
 * @throws `EvidenceError` `tile_missing`, or `tile_damaged` for a size that no tile has
 */
export async function readHashes(source: TileSource, tile: Tile): Promise<TileHashes> {
  const wanted = tile.width * HASH_BYTES;
  const found =
    (await source.readTile(tile)) ??
    (tile.width < TILE_WIDTH ? await source.readTile({ ...tile, width: TILE_WIDTH }) : undefined);
  if (found === undefined) {
    throw new EvidenceError(
      "tile_missing",
      `${tilePath(tile)} is missing`,
      "Get the tile from where the log keeps it.",
    );
  }
  if (found.length < wanted || found.length > TILE_WIDTH * HASH_BYTES || found.length % HASH_BYTES !== 0) {
    throw new EvidenceError("tile_damaged", `${tilePath(tile)} has ${found.length} bytes instead of ${wanted}`);
  }
  // A copy: what was checked must not change afterwards.
  return new TileHashes(new Uint8Array(found.subarray(0, wanted)));
}

/** The hashes of a tile and of all complete subtrees over them: each is calculated once, however many proofs need it. */
export class TileHashes {
  /** Those over 1, 2, 4, ... hashes of the tile. */
  readonly #levels: readonly Uint8Array[];

  constructor(hashes: Uint8Array) {
    const levels = [hashes];
    for (let below = hashes; below.length >= 2 * HASH_BYTES; below = levels.at(-1) as Uint8Array) {
      const above = new Uint8Array(Math.floor(below.length / (2 * HASH_BYTES)) * HASH_BYTES);
      for (let at = 0; at < above.length; at += HASH_BYTES) {
        const [left, middle, right] = [2 * at, 2 * at + HASH_BYTES, 2 * at + 2 * HASH_BYTES];
        above.set(nodeHash(below.subarray(left, middle), below.subarray(middle, right)), at);
      }
      levels.push(above);
    }
    this.#levels = levels;
  }

  /** Hashes of the tile. */
  get width(): number {
    return (this.#levels[0] as Uint8Array).length / HASH_BYTES;
  }

  /** The hash of a complete subtree. @param count of the tile's hashes that it is over, a power of two that divides `first` */
  subtree(first: number, count = 1): Uint8Array {
    const at = (first / count) * HASH_BYTES;
    return (this.#levels[Math.log2(count)] as Uint8Array).subarray(at, at + HASH_BYTES);
  }
}

/**
 * The root that partial tiles give: a tree has no complete subtree outside of them that is not within a larger one.
 * @param tiles lowest level first, at least one of them not empty
 */
export function rootOfPartialTiles(tiles: Iterable<TileHashes>): Uint8Array {
  let root: Uint8Array | undefined;
  for (const tile of tiles) {
    for (const { start, end } of completeSubtrees({ start: 0, end: tile.width }).reverse()) {
      const subtree = tile.subtree(start, end - start);
      root = root === undefined ? subtree : nodeHash(subtree, root);
    }
  }
  if (root === undefined) throw new RangeError("no hashes, so no root");
  return Uint8Array.from(root);
}
