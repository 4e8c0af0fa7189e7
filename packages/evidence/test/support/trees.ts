import { createHash } from "node:crypto";
import { leafHash, type Tile, type TileContent, type TileSource, TreeAppender, tilePath } from "../../src/index.js";

export function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
}

/** Entries of different lengths, the first one empty. */
export function entryOf(index: number): Uint8Array {
  return Buffer.from(index === 0 ? "" : `entry ${index}${"x".repeat(index % 7)}`);
}

export function leavesOf(size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, index) => leafHash(entryOf(index)));
}

function sha(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const known = new Map<string, Buffer>();

/** RFC 6962, 2.1, over the entries from `start` to `end`. Ranges are remembered: they come up again in most trees. */
export function mth(end: number, start = 0): Buffer {
  const range = `${start} ${end}`;
  const hash = known.get(range) ?? calculated(end, start);
  known.set(range, hash);
  return hash;
}

function calculated(end: number, start: number): Buffer {
  if (end === start) return sha("");
  if (end === start + 1) return sha("\0", entryOf(start));
  const middle = start + k(end - start);
  return sha("\x01", mth(middle, start), mth(end, middle));
}

/** The largest power of two smaller than n. */
function k(n: number): number {
  return 2 ** Math.ceil(Math.log2(n) - 1);
}

/** RFC 6962, 2.1.1. */
export function path(leaf: number, end: number, start = 0): Buffer[] {
  if (end === start + 1) return [];
  const middle = start + k(end - start);
  return leaf < middle
    ? [...path(leaf, middle, start), mth(end, middle)]
    : [...path(leaf, end, middle), mth(middle, start)];
}

/** RFC 6962, 2.1.2. */
export function subproof(old: number, end: number, start = 0): Buffer[] {
  if (old === end) return start === 0 ? [] : [mth(end, start)];
  const middle = start + k(end - start);
  return old <= middle
    ? [...subproof(old, middle, start), mth(end, middle)]
    : [...subproof(old, end, middle), mth(middle, start)];
}

/** Tiles by path, as files below a folder would be: a partial tile stays when it grows. */
export class MemoryTiles implements TileSource {
  readonly files = new Map<string, Uint8Array>();
  readonly asked: string[] = [];

  add(tiles: readonly TileContent[]): void {
    for (const tile of tiles) this.files.set(tilePath(tile), tile.hashes);
  }

  async readTile(tile: Tile): Promise<Uint8Array | undefined> {
    this.asked.push(tilePath(tile));
    return this.files.get(tilePath(tile));
  }
}

/** A tree whose tiles were stored leaf by leaf, or in one piece. */
export function treeOf(size: number): {
  readonly tiles: MemoryTiles;
  readonly size: number;
  readonly root: Uint8Array;
} {
  const tiles = new MemoryTiles();
  const appender = new TreeAppender();
  tiles.add(appender.append(leavesOf(size)));
  return { tiles, size, root: appender.root() };
}
