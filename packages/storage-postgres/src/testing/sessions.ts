import { setTimeout as sleep } from "node:timers/promises";
import { quoteIdentifier } from "../identifiers.js";
import type { Sql } from "../pool.js";

const LOOK_EVERY_MS = 20;

interface Holder {
  readonly pid: number;
  /** For people. */
  readonly what: string;
}

/**
 * Ends the sessions of clients that go on holding a lock on something in a schema whose stores are closed.
 * @param patienceMs for connections that were just closed, which the server notices a moment later
 * @returns what they were, in words; usually nothing
 */
export async function endHolders(sql: Sql, schema: string, patienceMs: number): Promise<string[]> {
  const deadline = performance.now() + patienceMs;
  let holders = await holdersOf(sql, schema);
  while (holders.length > 0 && performance.now() < deadline) {
    await sleep(LOOK_EVERY_MS);
    holders = await holdersOf(sql, schema);
  }
  for (const { pid } of holders) await sql`SELECT pg_terminate_backend(${pid}::int)`;
  return holders.map(({ what }) => what);
}

function holdersOf(sql: Sql, schema: string): Promise<Holder[]> {
  return sql.unsafe<Holder[]>(
    `SELECT a.pid, format('a connection of "%s" (%s) holds a lock on %s', a.application_name, a.state,
       string_agg(DISTINCT c.relname, ', ')) AS what
     FROM pg_locks l
     JOIN pg_class c ON c.oid = l.relation AND c.relnamespace = to_regnamespace($1)
     JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_type = 'client backend'
     WHERE l.locktype = 'relation' AND l.pid <> pg_backend_pid()
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     GROUP BY a.pid, a.application_name, a.state`,
    [quoteIdentifier(schema)],
    { prepare: sql.options.prepare },
  );
}
