import { StorageError } from "@agent-assembly/storage-core";
import { countText } from "@agent-assembly/storage-core/backend";
import { locationOf } from "../driver/errors.js";
import { EventLoopYielder } from "../driver/event-loop-yielder.js";
import { openDatabase } from "../driver/open-database.js";
import { StatementCache } from "../driver/statement-cache.js";
import { ScanPool } from "../scan/pool.js";
import { countOf, type RowsFound, TABLES } from "./rows.js";

/**
 * Reads all of a copy in a thread: SQLite's own check, and the rows of each table.
 * @throws `corrupt` with what is wrong
 */
export async function verifyCopy(path: string, { rows }: RowsFound, signal: AbortSignal | undefined): Promise<void> {
  const connection = openDatabase(path, { readonly: true });
  const statements = new StatementCache(connection);
  const scans = new ScanPool({ path, inlineBytes: 0, connection, statements, yielder: new EventLoopYielder() });
  try {
    const problems = await abortable(scans.rows<[string]>({ sql: "PRAGMA integrity_check(5)", values: [] }), signal);
    if (problems[0]?.[0] !== "ok") throw damaged(path, problems.map(([problem]) => problem).join("; "));
    const tables = await abortable(scans.rows<[string]>({ sql: TABLES, values: [] }), signal);
    if (tables.length !== rows.size) throw damaged(path, `it has ${tables.length} of ${countText(rows.size, "table")}`);
    for (const [table, expected] of rows) {
      const [found] = await abortable(scans.rows<[number]>({ sql: countOf(table), values: [] }), signal);
      if (found?.[0] !== expected) throw damaged(path, `${table} has ${found?.[0]} of ${countText(expected, "row")}`);
    }
  } finally {
    // Interrupted, the check ends by itself, and the process need not wait for it.
    const closed = scans.close();
    if (signal?.aborted !== true) await closed;
    connection.close();
  }
}

/** The work goes on where it cannot be stopped; the call ends. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
    work.catch(() => undefined);
  }
}

function damaged(path: string, problem: string): StorageError {
  return new StorageError({
    code: "corrupt",
    location: locationOf(path),
    message: `the copy is not sound, and was removed: ${problem}`,
    remedy:
      "Check the disk and the store (PRAGMA integrity_check); restore an older backup where the store is damaged.",
  });
}
