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
export async function readHashes(source: TileSource, tile: Tile): Promise<Uint8Array> {
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
  return found.subarray(0, wanted);
}

/** One hash of a tile. */
export function hashAt(hashes: Uint8Array, at: number): Uint8Array {
  return hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
}

/** The hash of the complete subtree over some hashes of a tile. @param count a power of two */
export function subtreeHash(hashes: Uint8Array, first: number, count: number): Uint8Array {
  if (count === 1) return hashAt(hashes, first);
  const half = count / 2;
  return nodeHash(subtreeHash(hashes, first, half), subtreeHash(hashes, first + half, half));
}

/**
 * The root that partial tiles give: a tree has no complete subtree outside of them that is not within a larger one.
 * @param tiles lowest level first, at least one of them not empty
 */
export function rootOfPartialTiles(tiles: Iterable<Uint8Array>): Uint8Array {
  let root: Uint8Array | undefined;
  for (const hashes of tiles) {
    for (const { start, end } of completeSubtrees({ start: 0, end: hashes.length / HASH_BYTES }).reverse()) {
      const subtree = subtreeHash(hashes, start, end - start);
      root = root === undefined ? subtree : nodeHash(subtree, root);
    }
  }
  if (root === undefined) throw new RangeError("no hashes, so no root");
  return Uint8Array.from(root);
}
