import { StorageError } from "@agent-assembly/storage-core";
import type { EvidenceTile } from "@agent-assembly/storage-core/backend";
import type { StatementCache } from "../driver/statement-cache.js";

const HASH_BYTES = 32;
const TILE_HASHES = 256;
/** As many as a row can have that fills one page of 4,096 bytes, and no other. */
const STRIPE_HASHES = 126;

/** Hashes of one level of a tree, in the row of a table; see the migration that makes the table. */
interface Stripe {
  readonly idx: number;
  readonly hashes: Uint8Array;
}

/** The tiles of a level from one on, as its rows have them: a tile ends before the first hash that is not there. */
export function readTiles(
  reads: StatementCache,
  log: number,
  level: number,
  { from, limit }: { readonly from: number; readonly limit: number },
): EvidenceTile[] {
  const sql =
    "SELECT idx, hashes FROM evidence_hashes WHERE log = ? AND level = ? AND idx BETWEEN ? AND ? ORDER BY idx";
  const last = stripeOf((from + limit) * TILE_HASHES - 1);
  const found = reads.objects<Stripe>(sql).all(log, level, stripeOf(from * TILE_HASHES), last);
  const stripes = new Map(found.map(({ idx, hashes }) => [idx, hashes]));
  const end = Math.min(from + limit, Math.floor(endOf(found.at(-1)) / TILE_HASHES) + 1);
  const tiles: EvidenceTile[] = [];
  for (let index = from; index < end; index++) {
    const hashes = tileOf(stripes, index);
    if (hashes.length > 0) tiles.push({ level, index, hashes });
  }
  return tiles;
}

/** Stores tiles with all hashes that they have. Rows that are full stay as they are: a tree does not change, it grows. */
export function writeTiles(writes: StatementCache, log: number, tiles: readonly EvidenceTile[]): void {
  for (const level of new Set(tiles.map((tile) => tile.level))) {
    const grown = tiles.filter((tile) => tile.level === level).sort((a, b) => a.index - b.index);
    // Runs of tiles one behind another.
    for (let at = 0; at < grown.length; ) {
      const first = grown[at]?.index as number;
      const run: Uint8Array[] = [];
      for (; grown[at]?.index === first + run.length; at++) run.push(grown[at]?.hashes as Uint8Array);
      writeRun(writes, { log, level, first: first * TILE_HASHES, hashes: Buffer.concat(run) });
    }
  }
}

interface Run {
  readonly log: number;
  readonly level: number;
  /** Number of the first hash in its level. */
  readonly first: number;
  readonly hashes: Buffer;
}

function writeRun(writes: StatementCache, { log, level, first, hashes }: Run): void {
  const read = writes.objects<Pick<Stripe, "hashes">>(
    "SELECT hashes FROM evidence_hashes WHERE log = ? AND level = ? AND idx = ?",
  );
  // A row that is replaced moves to the end of the table, and leaves its page behind.
  const write = writes.objects(
    `INSERT INTO evidence_hashes (log, level, idx, hashes) VALUES (?, ?, ?, ?)
      ON CONFLICT (log, level, idx) DO UPDATE SET hashes = excluded.hashes`,
  );
  const end = first + hashes.length / HASH_BYTES;
  for (let idx = stripeOf(first); idx * STRIPE_HASHES < end; idx++) {
    const start = idx * STRIPE_HASHES;
    const stored = read.get(log, level, idx)?.hashes;
    if (stored?.length === STRIPE_HASHES * HASH_BYTES) continue;
    // What the tile before has of the row.
    const before = Math.max(0, first - start) * HASH_BYTES;
    if (before > (stored?.length ?? 0)) throw lacking(level, start);
    const own = hashes.subarray(
      Math.max(0, start - first) * HASH_BYTES,
      Math.max(0, start + STRIPE_HASHES - first) * HASH_BYTES,
    );
    write.run(log, level, idx, before === 0 ? own : Buffer.concat([stored?.subarray(0, before) as Uint8Array, own]));
  }
}

function tileOf(stripes: ReadonlyMap<number, Uint8Array>, index: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const end = (index + 1) * TILE_HASHES;
  for (let next = index * TILE_HASHES; next < end; ) {
    const idx = stripeOf(next);
    const start = idx * STRIPE_HASHES;
    const part = stripes.get(idx)?.subarray((next - start) * HASH_BYTES, (end - start) * HASH_BYTES);
    if (part === undefined || part.length === 0) break;
    parts.push(part);
    next += part.length / HASH_BYTES;
    // A row that is not full is the last one.
    if (next < end && next < start + STRIPE_HASHES) break;
  }
  return Buffer.concat(parts);
}

function stripeOf(hash: number): number {
  return Math.floor(hash / STRIPE_HASHES);
}

/** Number of the hash behind a row. */
function endOf(stripe: Stripe | undefined): number {
  return stripe === undefined ? 0 : stripe.idx * STRIPE_HASHES + stripe.hashes.length / HASH_BYTES;
}

function lacking(level: number, hash: number): StorageError {
  return new StorageError({
    code: "corrupt",
    message: `the hashes of the tree from number ${hash} of level ${level} on are missing`,
    remedy: "Restore the store from a backup, and verify it.",
  });
}
