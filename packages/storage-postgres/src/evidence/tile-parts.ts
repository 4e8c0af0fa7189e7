import type { EvidenceTile } from "@agent-assembly/storage-core/backend";

const HASH_BYTES = 32;

/** A run of the hashes of a tile, in the row of a table; see the migration that makes the table. */
interface TilePart extends EvidenceTile {
  /** From 0. */
  readonly part: number;
}

/** Hashes of one part: what fills a page; at higher levels few, since a tile that grows is stored again from there on. */
const widthOf = (level: number): number => (level === 0 ? 253 : 16);

/** The parts of a tile, in order. */
export function partsOf({ level, index, hashes }: EvidenceTile): TilePart[] {
  const bytes = widthOf(level) * HASH_BYTES;
  return Array.from({ length: Math.ceil(hashes.length / bytes) }, (_, part) => ({
    level,
    index,
    part,
    hashes: hashes.subarray(part * bytes, (part + 1) * bytes),
  }));
}

/** Reads tiles of a level, by index. Its values: log, level, the first index, the index behind the last. */
export function selectTiles(table: string): string {
  return `SELECT level, idx, string_agg(hashes, ''::bytea ORDER BY part) FROM ${table}
    WHERE log = $1::integer AND level = $2::smallint AND idx >= $3::bigint AND idx < $4::bigint
    GROUP BY idx, level ORDER BY idx`;
}
