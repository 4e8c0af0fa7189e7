import type { Dataset, Partition } from "@agent-assembly/storage-core";
import { utcDay } from "@agent-assembly/storage-core/backend";
import { PAYLOAD_BYTES } from "../counts/uncount-sql.js";
import { maintain } from "../driver/maintenance.js";
import type { Pool } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { DATASET_TABLES } from "./chunks/chunks.js";
import { countDays, onCounts, type Sized } from "./counted.js";

const DAY_MS = 86_400_000;
/** Of a row's columns other than the payload, with its index entries. */
const EVENT_BYTES = 250;
const SAMPLE_BYTES = 150;

/** What the rows of a table with the alias `e` take on disk, as an aggregate; an estimate. */
export const ESTIMATED_BYTES: Readonly<Record<Dataset, string>> = {
  audit: `coalesce(sum(${EVENT_BYTES} + coalesce(${PAYLOAD_BYTES}, 0)), 0)::float8`,
  metrics: `coalesce(sum(${SAMPLE_BYTES} + pg_column_size(e.labels)), 0)::float8`,
};

/** The same of events of which only the bytes of the payloads are known. */
export function estimatedBytes({ rows, payloadBytes }: Sized): number {
  return rows * EVENT_BYTES + payloadBytes;
}

/** The UTC days that hold rows, oldest first. */
export async function listDays(pool: Pool, dataset: Dataset): Promise<Partition[]> {
  const counted = dataset === "audit" ? await onCounts(pool, countDays) : undefined;
  if (counted !== undefined) {
    return [...counted].map(([day, sized]) => ({
      dataset,
      ...utcDay(day * DAY_MS),
      rows: sized.rows,
      bytes: estimatedBytes(sized),
      tier: "hot",
    }));
  }
  const table = `${quoteIdentifier(pool.options.schema)}.${DATASET_TABLES[dataset]}`;
  const days = await maintain(pool, (sql) =>
    sql.unsafe<{ day: number; rows: number; bytes: number }[]>(
      `SELECT floor(extract(epoch FROM e.ts) / 86400)::float8 AS day, count(*)::float8 AS rows,
         ${ESTIMATED_BYTES[dataset]} AS bytes
       FROM ${table} AS e GROUP BY 1 ORDER BY 1`,
    ),
  );
  return days.map(({ day, rows, bytes }) => ({ dataset, ...utcDay(day * DAY_MS), rows, bytes, tier: "hot" }));
}
