import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { interrupted } from "../interruption.js";
import { rawClient } from "../postgres/store.js";
import { seconds } from "../result.js";

/** Events that a store does not count by themselves: it reads them faster. */
const FEW = 5000;
const LOOK_EVERY_MS = 100;

/** How many events are not in the kept counts yet; from {@link FEW} on it may be more. */
type Uncounted = () => Promise<number> | number;

/** Waits until the file's store has counted its events. @returns how many seconds that took */
export async function countedOnSqlite(path: string): Promise<number> {
  const file = new Database(path, { readonly: true });
  const uncounted = file
    .prepare("SELECT coalesce(max(seq), 0) - (SELECT folded_seq FROM audit_count_state) FROM audit_events")
    .pluck();
  try {
    return await until(() => uncounted.get() as number);
  } finally {
    file.close();
  }
}

/** Waits until the store of a database has counted its events. @returns how many seconds that took */
export async function countedOnPostgres(url: string): Promise<number> {
  const sql = rawClient(url, 1);
  const text = `SELECT coalesce((
      SELECT CASE WHEN s.counted_to < 'infinity' THEN ${FEW} ELSE (
        SELECT count(*)::int FROM (SELECT FROM audit_events AS e WHERE e.xact >= s.next LIMIT ${FEW}) AS f) END
      FROM audit_count_state AS s WHERE s.next > 0), ${FEW}) AS uncounted`;
  try {
    return await until(async () => (await sql.unsafe<{ uncounted: number }[]>(text))[0]?.uncounted ?? FEW);
  } finally {
    await sql.end();
  }
}

function until(uncounted: Uncounted): Promise<number> {
  return seconds(async () => {
    while ((await uncounted()) >= FEW) await sleep(LOOK_EVERY_MS, undefined, { signal: interrupted });
  });
}
