import type { PartitionMeasure } from "@agent-assembly/storage-core";
import { maintain } from "../driver/maintenance.js";
import type { AnySql, Pool } from "../driver/pool.js";
import { Bindings } from "../sql/bindings.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { DATASET_TABLES, placeOf, readChunks } from "./chunks/chunks.js";
import { countPart, onCounts } from "./counted.js";
import { ESTIMATED_BYTES, estimatedBytes } from "./days.js";
import { all, type Part, partOf } from "./slice-sql.js";

/** Counts a part in one snapshot. Of a compressed chunk it takes the share of the chunk's bytes that its rows are. */
export async function measurePart(pool: Pool, part: Part): Promise<Omit<PartitionMeasure, "asOf">> {
  const counted = part.dataset === "audit" ? await measureCounted(pool, part) : undefined;
  return counted ?? measureRows(pool, part);
}

/** @returns `undefined` where only the rows can tell */
function measureCounted(pool: Pool, part: Part): Promise<Omit<PartitionMeasure, "asOf"> | undefined> {
  return onCounts(pool, async (sql, tables, state) => {
    const sized = await countPart(sql, tables, state, part);
    if (sized === undefined) return undefined;
    const { rows, isInChunks } = sized;
    if (!isInChunks) return { rows, bytes: estimatedBytes(sized) };
    const place = await placeOf(sql, pool, part.dataset);
    const [chunk] = place?.compressible !== true ? [] : await readChunks(sql, place, part);
    if (chunk?.compressed !== true) return { rows, bytes: estimatedBytes(sized) };
    const whole = await countPart(sql, tables, state, { ...part, selection: undefined, asOf: undefined });
    if (whole === undefined) return undefined;
    return { rows, bytes: Math.ceil((rows * chunk.bytes) / Math.max(1, whole.rows)) };
  });
}

function measureRows(pool: Pool, part: Part): Promise<Omit<PartitionMeasure, "asOf">> {
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
): Promise<Omit<PartitionMeasure, "asOf">> {
  const [row] = await sql.unsafe<{ rows: number; bytes: number }[]>(
    `SELECT count(*)::float8 AS rows, ${bytes} FROM ${table} AS e WHERE ${where}`,
    values,
  );
  return { rows: row?.rows ?? 0, bytes: row?.bytes ?? 0 };
}
