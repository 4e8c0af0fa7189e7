import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "../driver/pool.js";
import { countTables } from "./tables.js";

/** Events of one transaction, which other processes that count wait for. */
const SLICE = 100_000;
/** For another process that counts a slice. */
const WAIT_MS = 100;

/**
 * Counts all events anew. Until it is done, what is not counted yet is read from the log.
 * @param sql without a limit for statements
 */
export async function recount(sql: Sql, schema: string): Promise<void> {
  const tables = countTables(schema);
  await sql.begin(async (transaction) => {
    await transaction.unsafe(`SELECT FROM ${tables.lock}()`);
    // The row stays, for others wait for its lock.
    await transaction.unsafe(`UPDATE ${tables.state} SET next = 0, open = '{}', counted_to = '-infinity';
      DELETE FROM ${tables.cells}; DELETE FROM ${tables.keys}`);
  });
  for (;;) {
    const [row] = await sql.unsafe<{ counted: string | null; more: boolean | null }[]>(
      `SELECT counted::text, more FROM ${tables.count}(1, ${SLICE})`,
    );
    if (row?.more === false) return;
    if (row?.counted == null) await sleep(WAIT_MS);
  }
}
