import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "../driver/pool.js";
import type { Leftovers } from "./empty-schema.js";

const LOOK_EVERY_MS = 20;

/**
 * Ends the sessions of clients that go on holding a lock on something in a schema whose stores are closed.
 * @param look at the schema
 * @param patienceMs for connections that were just closed, which the server notices a moment later
 * @returns what it saw last; usually there are no holders
 */
export async function endHolders(sql: Sql, look: () => Promise<Leftovers>, patienceMs: number): Promise<Leftovers> {
  const deadline = performance.now() + patienceMs;
  let seen = await look();
  while (seen.holders.length > 0 && performance.now() < deadline) {
    await sleep(LOOK_EVERY_MS);
    seen = await look();
  }
  for (const { pid } of seen.holders) await sql`SELECT pg_terminate_backend(${pid}::int)`;
  return seen;
}
