import type { PartitionMeasure } from "@agent-assembly/storage-core";
import { maintain } from "../driver/maintenance.js";
import type { AnySql, Pool } from "../driver/pool.js";
import { Bindings } from "../sql/bindings.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { DATASET_TABLES, partitionStart, placeOf, readChunks } from "./chunks/chunks.js";
import { onCounts, type Sized } from "./counted.js";
import { countParts } from "./counted-parts.js";
import { ESTIMATED_BYTES, estimatedBytes } from "./days.js";
import { all, type Part, partOf } from "./slice-sql.js";

type Measured = Omit<PartitionMeasure, "asOf">;

export interface CountedMeasures {
  /** In the order of the parts; `undefined` for those of which only the rows can tell. */
  readonly measures: readonly (Measured | undefined)[];
  /** Whether events were counted that are behind the position of a part. */
  readonly isAhead: boolean;
}

/**
 * Measures parts of the log that counts tell, all in one snapshot. Of a compressed chunk a part takes the share of the chunk's
 * bytes that its rows are.
 */
export async function measureCounted(pool: Pool, parts: readonly Part[]): Promise<CountedMeasures | undefined> {
  return onCounts(pool, async (sql, tables, state) => {
    const { sizes, isInChunks, isAhead } = await countParts(sql, tables, state, parts);
    const measures: (Measured | undefined)[] = sizes.map((sized) => sized && plain(sized));
    const place = isInChunks ? await placeOf(sql, pool, "audit") : undefined;
    if (place?.compressible !== true) return { measures, isAhead };
    const compressed = new Map(
      (await readChunks(sql, place))
        .filter((chunk) => chunk.compressed)
        .map((chunk) => [`${partitionStart(chunk)} ${chunk.to}`, chunk.bytes]),
    );
    const shared = parts.flatMap((part, n) => {
      const [sized, bytes] = [sizes[n], compressed.get(`${part.from} ${part.to}`)];
      return sized === undefined || bytes === undefined ? [] : [{ n, part, rows: sized.rows, bytes }];
    });
    const whole = shared.map(({ part }) => ({ ...part, selection: undefined, asOf: undefined }));
    const wholes = await countParts(sql, tables, state, whole);
    for (const [i, { n, rows, bytes }] of shared.entries()) {
      const all = wholes.sizes[i]?.rows;
      measures[n] = all === undefined ? undefined : { rows, bytes: Math.ceil((rows * bytes) / Math.max(1, all)) };
    }
    return { measures, isAhead };
  });
}

function plain(sized: Sized): Measured {
  return { rows: sized.rows, bytes: estimatedBytes(sized) };
}

/** Counts the rows of a part. */
export function measureRows(pool: Pool, part: Part): Promise<Measured> {
  return maintain(pool, async (sql) => {
    const table = `${quoteIdentifier(pool.options.schema)}.${DATASET_TABLES[part.dataset]}`;
    const place = await placeOf(sql, pool, part.dataset);
    const [chunk] = place?.compressible !== true ? [] : await readChunks(sql, place, part);
    const bindings = new Bindings();
    const where = all(partOf(part)(bindings));
    if (chunk?.compressed !== true)
      return select(sql, `${ESTIMATED_BYTES[part.dataset]} AS bytes`, table, where, bindings);
    const whole = all(partOf({ ...part, selection: undefined, asOf: undefined })(bindings));
    const share = `count(*) * ${chunk.bytes}::float8 / nullif((SELECT count(*) FROM ${table} AS e WHERE ${whole}), 0)`;
    return select(sql, `ceil(coalesce(${share}, 0)) AS bytes`, table, where, bindings);
  });
}

async function select(
  sql: AnySql,
  bytes: string,
  table: string,
  where: string,
  { values }: Bindings,
): Promise<Measured> {
  const [row] = await sql.unsafe<{ rows: number; bytes: number }[]>(
    `SELECT count(*)::float8 AS rows, ${bytes} FROM ${table} AS e WHERE ${where}`,
    values,
  );
  return { rows: row?.rows ?? 0, bytes: row?.bytes ?? 0 };
}
