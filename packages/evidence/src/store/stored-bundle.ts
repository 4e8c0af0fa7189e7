import type { StorageBackend } from "@agent-assembly/storage-core";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { storedTiles } from "../log/stored-tiles.js";
import { sameBytes } from "../support/bytes.js";
import { encodeEntryBundle } from "../tree/entry-bundle.js";
import { HASH_BYTES, leafHash } from "../tree/hash.js";
import { TreeReader } from "../tree/reader.js";
import { TILE_WIDTH, type Tile } from "../tree/tile.js";
import { storeSource } from "./store-source.js";

/** The entries of a bundle, as far as a store can still give them. */
export interface StoredBundle {
  /** The bundle as C2SP tlog-tiles has it; absent unless every entry is there, as it was sealed. */
  readonly bytes?: Uint8Array;
  /** Leaves whose rows are gone, and with them what their entries are made of. */
  readonly gone: readonly number[];
  /** Leaves whose row, or statement, is not what was sealed. */
  readonly altered: readonly number[];
}

/**
 * Makes an entry bundle of a log from the rows and statements of its store; each entry is held against the hash of its leaf. On
 * PostgreSQL it needs the role that seals, since salts are read; the entries say nothing of them.
 * @param tile the first `width` entries of the bundle; the log must have them
 * @param number which log of the store, from 1; @default the newest one
 * @throws `unsupported`, `not_found`, `permission_denied`; `EvidenceError` for a tile that is missing or damaged
 */
export async function readStoredBundle(
  storage: StorageBackend,
  { index, width }: Omit<Tile, "level">,
  number?: number,
): Promise<StoredBundle> {
  const support = evidenceOf(storage);
  const log = await requireLog(support, number);
  const [start, end] = [index * TILE_WIDTH, index * TILE_WIDTH + width];
  const hashes = await new TreeReader(storedTiles(support, log.log), log).tileHashes(0, index);
  const entries = new Map<number, Uint8Array>();
  for (const { leaf, entry } of await support.statements(log.log, { from: start, limit: TILE_WIDTH })) {
    if (leaf < end) entries.set(leaf, Buffer.from(entry));
  }
  const source = await storeSource(storage, { log: log.log });
  const differing = new Set<number>();
  for await (const { leaf, event, entry } of source.events(start, end)) {
    if (entry !== undefined) entries.set(leaf, entry);
    else if (event !== undefined) differing.add(leaf);
  }
  const gone: number[] = [];
  const altered: number[] = [];
  for (let leaf = start; leaf < end; leaf++) {
    const entry = entries.get(leaf);
    const at = (leaf - start) * HASH_BYTES;
    if (entry === undefined) (differing.has(leaf) ? altered : gone).push(leaf);
    else if (!sameBytes(leafHash(entry), hashes.subarray(at, at + HASH_BYTES))) altered.push(leaf);
  }
  if (gone.length + altered.length > 0) return { gone, altered };
  const all = Array.from({ length: width }, (_, at) => entries.get(start + at) as Uint8Array);
  return { bytes: encodeEntryBundle(all), gone, altered };
}
