import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";
import { parseSize } from "./shape.js";

/** Hashes of a full tile, and entries of a full bundle. */
export const TILE_WIDTH = 256;

/** The levels that a path can name. A tree of 2^53 leaves has seven. */
const MAX_LEVEL = 63;

/**
 * Which tile of a tree (C2SP tlog-tiles): up to 256 hashes side by side. Those of level 0 are the hashes of leaves, and each of a
 * higher level stands for a full tile of the level below. Level `entries` has the entries themselves.
 */
export interface Tile<Level extends number | "entries" = number> {
  readonly level: Level;
  /** From 0, from the left. */
  readonly index: number;
  /** From 1 to 256; a tile of less is partial, and the last of its level. */
  readonly width: number;
}

/** The path of a tile below the prefix of its log, such as `tile/0/x001/067` or `tile/entries/003.p/17`. */
export function tilePath({ level, index, width }: Tile<number | "entries">): string {
  if (level !== "entries") parseSize("tile.level", level, 0, MAX_LEVEL);
  parseSize("tile.index", index);
  parseSize("tile.width", width, 1, TILE_WIDTH);
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g) ?? [];
  const number = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
  return `tile/${level}/${number}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/;

/**
 * The tile that a path below the prefix of a log names.
 * @throws `invalid_argument` where {@link tilePath} gives no such path
 */
export function parseTilePath(path: string): Tile<number | "entries"> {
  const [, level, number = "", partial] = PATH.exec(path) ?? [];
  const tile: Tile<number | "entries"> = {
    level: level === "entries" ? level : Number(level),
    index: Number(number.replaceAll(/[x/]/g, "")),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  // One spelling only: no needless zeros, no partial tile that is full, and no number that a double cannot hold.
  if (level !== undefined && isInRange(tile) && tilePath(tile) === path) return tile;
  throw invalidArgument(
    "path",
    `must be the path of a tile, such as tile/0/x001/067 or tile/entries/003.p/17, got ${describeShape(path)}`,
  );
}

function isInRange({ level, index, width }: Tile<number | "entries">): boolean {
  return (
    (level === "entries" || level <= MAX_LEVEL) && Number.isSafeInteger(index) && width >= 1 && width <= TILE_WIDTH
  );
}

/** How many leaves each hash of a level stands for. */
export function leavesPerHash(level: number): number {
  return TILE_WIDTH ** level;
}

/** The tile at a place as a tree of `size` leaves has it; `undefined` where that has none. */
export function tileAt(level: number, index: number, size: number): Tile | undefined {
  const width = Math.min(Math.floor(size / leavesPerHash(level)) - index * TILE_WIDTH, TILE_WIDTH);
  return width > 0 ? { level, index, width } : undefined;
}

/**
 * The tiles of a tree, level by level from the left. With `since`, those that a tree of that size does not have, or has with
 * fewer hashes.
 * @param size leaves
 * @param since leaves of an earlier tree; @default 0
 */
export function* tilesOfTree(size: number, since = 0): Generator<Tile> {
  parseSize("size", size);
  parseSize("since", since, 0, size);
  for (let level = 0; leavesPerHash(level) <= size; level++) {
    const had = Math.floor(since / leavesPerHash(level));
    const has = Math.floor(size / leavesPerHash(level));
    if (had === has) continue;
    for (let index = Math.floor(had / TILE_WIDTH); index * TILE_WIDTH < has; index++) {
      yield { level, index, width: Math.min(has - index * TILE_WIDTH, TILE_WIDTH) };
    }
  }
}

/** The partial tiles of a tree, lowest level first: at most one of each level. */
export function partialTiles(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; leavesPerHash(level) <= size; level++) {
    const hashes = Math.floor(size / leavesPerHash(level));
    const width = hashes % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: Math.floor(hashes / TILE_WIDTH), width });
  }
  return tiles;
}
