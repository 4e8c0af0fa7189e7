import { TILE_WIDTH, type Tile, tilePath } from "../tree/tile.js";

/** What the first line of a manifest says it is of. */
export const EXPORT_FORMAT = "agent-assembly-evidence-export";
export const EXPORT_VERSION = 1;

export const CHECKPOINT_FILE = "checkpoint";
export const EVENTS_FILE = "events.jsonl";
export const MANIFEST_FILE = "manifest.jsonl";
export const README_FILE = "README.txt";
export const SEEDS_FILE = "seeds.jsonl";
export const STATEMENTS_FILE = "statements.jsonl";

const FIXED: ReadonlySet<string> = new Set([CHECKPOINT_FILE, EVENTS_FILE, README_FILE, SEEDS_FILE, STATEMENTS_FILE]);
const NUMBERED =
  /^(?:anchors\/(?:0|[1-9]\d{0,5})\.json|keys\/(?:0|[1-9]\d{0,5})\.vkey|lists\/(?:0|[1-9]\d{0,15})\.json)$/;

/** The receipt of an anchor. @param at from 0 */
export function receiptPath(at: number): string {
  return `anchors/${at}.json`;
}

/** A verifier key. @param at from 0 */
export function keyPath(at: number): string {
  return `keys/${at}.vkey`;
}

/** The list that belongs to a statement. @param leaf of the statement */
export function listPath(leaf: number): string {
  return `lists/${leaf}.json`;
}

/** The entries of a tile of level 0. */
export function entriesPath({ index, width }: Pick<Tile, "index" | "width">): string {
  return tilePath({ level: "entries", index, width });
}

/** The leaves of a bundle in a tree of `size`. */
export function bundleAt(index: number, size: number): { readonly start: number; readonly end: number } {
  return { start: index * TILE_WIDTH, end: Math.min((index + 1) * TILE_WIDTH, size) };
}

const TILE = /^tile\/(?:entries|\d{1,2})\/(?:x\d{3}\/){0,5}\d{3}(?:\.p\/\d{1,3})?$/;

/**
 * Whether a file of an export can have this path, the manifest's own apart. None of them leads out of the folder: they have no
 * part that begins with a dot.
 */
export function isExportPath(path: string): boolean {
  return FIXED.has(path) || NUMBERED.test(path) || TILE.test(path);
}
