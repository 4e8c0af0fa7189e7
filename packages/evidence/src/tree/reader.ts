import { invalidArgument } from "@agent-assembly/storage-core/backend";
import { EvidenceError } from "../errors.js";
import { checkBytes, sameBytes } from "../support/bytes.js";
import { decodeEntryBundle } from "./entry-bundle.js";
import { EMPTY_ROOT, HASH_BYTES, leafHash, nodeHash } from "./hash.js";
import { completeSubtrees, consistencyPath, inclusionPath, type LeafRange, parseSize } from "./shape.js";
import { leavesPerHash, partialTiles, TILE_WIDTH, type Tile, tileAt, tilePath } from "./tile.js";
import { readHashes, rootOfPartialTiles, type TileHashes, type TileSource } from "./tile-source.js";
import type { TreeHead } from "./verify.js";

/** Tiles kept: those of a proof in the largest tree, and as many again for its neighbours. 16 KiB each. */
const MOST_TILES = 64;

/**
 * Reads a tree from its tiles and makes proofs. Every tile is checked against the root before anything of it is given out: a
 * partial tile with the other partial ones, a full tile with the hash for it one level up.
 *
 * All methods throw `EvidenceError`: `tile_missing` and `tile_damaged` name the tile.
 */
export class TreeReader {
  readonly size: number;
  readonly #source: TileSource;
  readonly #root: Uint8Array;
  readonly #tiles = new Map<string, Promise<TileHashes>>();
  #edge: Promise<ReadonlyMap<number, TileHashes>> | undefined;

  /** @param tree as a verified checkpoint has it */
  constructor(source: TileSource, { size, root }: TreeHead) {
    this.size = parseSize("tree.size", size);
    checkBytes("tree.root", root, HASH_BYTES);
    this.#root = Uint8Array.from(root);
    this.#source = source;
  }

  /** The root that the tree had when it had `size` leaves. */
  async rootAt(size: number): Promise<Uint8Array> {
    parseSize("size", size, 0, this.size);
    if (size === 0) {
      await this.#partialTiles();
      return Uint8Array.from(EMPTY_ROOT);
    }
    return this.#hashOf({ start: 0, end: size });
  }

  /** The hash of one leaf. */
  async leafHash(index: number): Promise<Uint8Array> {
    parseSize("index", index, 0, this.size - 1);
    return this.#hashOf({ start: index, end: index + 1 });
  }

  /**
   * The hashes of a tile, 32 bytes each, checked like all others. At level 0, hash `i` of it is that of leaf `256 * index + i`.
   * @param index of the tile, which this tree must have
   */
  async tileHashes(level: number, index: number): Promise<Uint8Array> {
    const tile = tileAt(parseSize("level", level), parseSize("index", index), this.size);
    if (tile === undefined) throw invalidArgument("index", `must be that of a tile of a tree of ${this.size} leaves`);
    const hashes = await this.#tile(level, index);
    const all = new Uint8Array(hashes.width * HASH_BYTES);
    for (let at = 0; at < hashes.width; at++) all.set(hashes.subtree(at), at * HASH_BYTES);
    return all;
  }

  /**
   * The proof that a tree has a leaf; see `verifyInclusion`.
   * @param size of the tree to prove it in; @default the size of this tree
   */
  async inclusionProof(index: number, size = this.size): Promise<Uint8Array[]> {
    parseSize("size", size, 1, this.size);
    parseSize("index", index, 0, size - 1);
    return this.#hashesOf(inclusionPath(index, size));
  }

  /**
   * The proof that this tree continues an earlier one; see `verifyConsistency`.
   * @param size of the later tree; @default the size of this tree
   */
  async consistencyProof(oldSize: number, size = this.size): Promise<Uint8Array[]> {
    parseSize("size", size, 0, this.size);
    parseSize("oldSize", oldSize, 0, size);
    if (oldSize === 0) return [];
    const { seed, isOldRoot, path } = consistencyPath(oldSize, size);
    return this.#hashesOf(isOldRoot ? path : [seed, ...path]);
  }

  /**
   * The entries of a bundle, each checked against the hash of its leaf.
   * @param index of the bundle: entry `i` of it is leaf `256 * index + i`
   * @param bundle bytes, with as many entries as this tree has leaves there
   * @throws `EvidenceError` `tile_damaged` that names bundle and leaf
   */
  async verifyEntries(index: number, bundle: Uint8Array): Promise<Uint8Array[]> {
    parseSize("index", index, 0, Math.ceil(this.size / TILE_WIDTH) - 1);
    const hashes = await this.#tile(0, index);
    const { width } = hashes;
    const path = tilePath({ level: "entries", index, width });
    const entries = decodeEntryBundle(bundle, path);
    if (entries.length !== width) {
      throw new EvidenceError("tile_damaged", `${path} has ${entries.length} entries instead of ${width}`);
    }
    for (const [at, entry] of entries.entries()) {
      if (sameBytes(leafHash(entry), hashes.subtree(at))) continue;
      throw new EvidenceError(
        "tile_damaged",
        `${path} has another entry for leaf ${index * TILE_WIDTH + at} than the tree`,
      );
    }
    return entries;
  }

  async #hashesOf(ranges: readonly LeafRange[]): Promise<Uint8Array[]> {
    const hashes: Uint8Array[] = [];
    for (const range of ranges) hashes.push(await this.#hashOf(range));
    return hashes;
  }

  async #hashOf(range: LeafRange): Promise<Uint8Array> {
    let hash: Uint8Array | undefined;
    for (const subtree of completeSubtrees(range).reverse()) {
      const left = await this.#completeSubtree(subtree);
      hash = hash === undefined ? left : nodeHash(left, hash);
    }
    if (hash === undefined) throw new RangeError("no leaves, so no hash");
    return Uint8Array.from(hash);
  }

  async #completeSubtree({ start, end }: LeafRange): Promise<Uint8Array> {
    let level = 0;
    while (leavesPerHash(level + 1) <= end - start) level++;
    const first = start / leavesPerHash(level);
    const count = (end - start) / leavesPerHash(level);
    const hashes = await this.#tile(level, Math.floor(first / TILE_WIDTH));
    return hashes.subtree(first % TILE_WIDTH, count);
  }

  #tile(level: number, index: number): Promise<TileHashes> {
    const tile = tileAt(level, index, this.size);
    if (tile === undefined) throw new RangeError(`no tile ${index} of level ${level} in a tree of ${this.size}`);
    const path = tilePath(tile);
    const known = this.#tiles.get(path);
    const reading = known ?? (tile.width < TILE_WIDTH ? this.#partialTile(level) : this.#fullTile(tile));
    // The one that was used last is the last to go.
    this.#tiles.delete(path);
    this.#tiles.set(path, reading);
    if (known !== undefined) return known;
    // A source that could not be reached may be asked again.
    reading.catch(() => this.#tiles.delete(path));
    const [oldest] = this.#tiles.keys();
    if (this.#tiles.size > MOST_TILES && oldest !== undefined) this.#tiles.delete(oldest);
    return reading;
  }

  async #partialTile(level: number): Promise<TileHashes> {
    return (await this.#partialTiles()).get(level) as TileHashes;
  }

  async #fullTile(tile: Tile): Promise<TileHashes> {
    const { level, index } = tile;
    const parent = await this.#tile(level + 1, Math.floor(index / TILE_WIDTH));
    const hashes = await readHashes(this.#source, tile);
    if (sameBytes(hashes.subtree(0, TILE_WIDTH), parent.subtree(index % TILE_WIDTH))) return hashes;
    throw new EvidenceError("tile_damaged", `${tilePath(tile)} does not have the hashes that the tree commits to`);
  }

  #partialTiles(): Promise<ReadonlyMap<number, TileHashes>> {
    this.#edge ??= readPartialTiles(this.#source, { size: this.size, root: this.#root }).catch((error: unknown) => {
      this.#edge = undefined;
      throw error;
    });
    return this.#edge;
  }
}

/**
 * The partial tiles of a tree by level, checked against its root.
 * @throws `EvidenceError` `tile_missing`, `tile_damaged`
 */
export async function readPartialTiles(
  source: TileSource,
  { size, root }: TreeHead,
): Promise<ReadonlyMap<number, TileHashes>> {
  const tiles = new Map<number, TileHashes>();
  for (const tile of partialTiles(size)) tiles.set(tile.level, await readHashes(source, tile));
  if (sameBytes(size === 0 ? EMPTY_ROOT : rootOfPartialTiles(tiles.values()), root)) return tiles;
  const names = partialTiles(size).map(tilePath);
  throw new EvidenceError(
    "tile_damaged",
    size === 0
      ? "a tree without leaves has another root than SHA-256 of nothing"
      : `${names.join(", ")} ${names.length === 1 ? "does" : "do"} not give the root of the tree of ${size}: ${names.length === 1 ? "it is" : "one of them is"} damaged, or the root is of another tree`,
  );
}
