import { HASH_BYTES } from "../tree/hash.js";
import { TILE_WIDTH, type Tile, tilePath } from "../tree/tile.js";
import type { TileSource } from "../tree/tile-source.js";

/**
 * Tiles of a source, each of which is written when it is read: what a verifier reads later is what its own steps read here. A tile
 * that has grown since the checkpoint is written as the tree of the checkpoint has it.
 */
export class CapturedTiles implements TileSource {
  readonly #written = new Set<string>();

  constructor(
    private readonly source: TileSource,
    private readonly write: (path: string, hashes: Uint8Array) => Promise<void>,
  ) {}

  async readTile(tile: Tile): Promise<Uint8Array | undefined> {
    const full = { ...tile, width: TILE_WIDTH };
    const found = (await this.source.readTile(tile)) ?? (await this.source.readTile(full));
    const hashes = found?.subarray(0, tile.width * HASH_BYTES);
    const path = tilePath(tile);
    if (hashes === undefined || this.#written.has(path)) return hashes;
    this.#written.add(path);
    await this.write(path, hashes);
    return hashes;
  }
}
