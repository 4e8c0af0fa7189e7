import { maintain } from "../driver/maintenance.js";
import type { Pool } from "../driver/pool.js";
import type { CountTables } from "./tables.js";

export interface CountedSlice {
  /** Events. */
  readonly counted: number;
  /** Whether others were left for the next slice. */
  readonly more: boolean;
}

/**
 * Counts events that are not counted yet, in a transaction of its own.
 * @param slice `fewest`: less than these are left uncounted; `most`: about as many are counted
 * @returns `undefined` when another transaction is at it
 */
export async function countSlice(
  pool: Pool,
  tables: CountTables,
  { fewest, most }: { readonly fewest: number; readonly most: number },
): Promise<CountedSlice | undefined> {
  // One transaction of another client may have stored any number of events, which are counted at once.
  return maintain(pool, async (sql) => {
    const [row] = await sql.unsafe<{ counted: string | null; more: boolean | null }[]>(
      `SELECT counted::text, more FROM ${tables.count}(${fewest}, ${most})`,
    );
    return row?.counted == null ? undefined : { counted: Number(row.counted), more: row.more === true };
  });
}
