import { setTimeout as sleep } from "node:timers/promises";
import { decodeCursor, decodePosition, encodeCursor } from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";

const SCOPE = "tail postgres";
/** Our own inserting transactions take milliseconds; those of other clients may take hours and are not waited for. */
const LONGEST_WAIT_MS = 1000;
const LOOK_MS = 20;

export interface CommitOrder {
  /** The greatest number that was taken. */
  readonly newest: number;
  /** All numbers up to this one are final: committed, or never to be committed. */
  readonly settled: number;
}

/** A position of a tail, or the end of a measured slice. */
export function encodePosition(seq: number): string {
  return encodeCursor(SCOPE, [seq]);
}

/** The inverse of {@link encodePosition}. @throws `invalid_argument` for a value that no measurement returned */
export function decodeUpTo(asOf: string): number {
  return decodePosition(SCOPE, asOf);
}

/** The number after which a tail resumes. @throws `invalid_argument` for a value that no tail delivered */
export function decodeAfter(after: string): number {
  return decodeCursor(SCOPE, after)[0] as number;
}

/**
 * Sequence numbers are assigned before their transactions commit. The trigger `audit_events_gate` exposes those that
 * may still commit as advisory locks.
 * @param sequence quoted, with its schema
 */
export async function readCommitOrder(pool: Pool, sequence: string): Promise<CommitOrder> {
  // The newest number is read before the locks: a transaction that took a number earlier and still runs holds its lock.
  const text = `WITH newest AS MATERIALIZED (
      SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS seq FROM ${sequence}
    )
    SELECT newest.seq, ARRAY(
      SELECT l.objid::bigint FROM pg_locks AS l
      WHERE newest.seq IS NOT NULL AND l.locktype = 'advisory' AND l.objsubid = 2 AND l.mode = 'ShareLock'
        AND l.classid = '${sequence}'::regclass::oid
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )::text FROM newest`;
  const [row] = await pool.run((sql) =>
    rows<[seq: string, locks: string]>(sql, { text, values: [] }, pool.options.prepare),
  );
  const [seq, locks] = row as [string, string];
  const newest = Number(seq);
  const floors =
    locks === "{}"
      ? []
      : locks
          .slice(1, -1)
          .split(",")
          .map((low) => widen(Number(low), newest));
  return { newest, settled: Math.min(newest, ...floors) };
}

/**
 * A position that separates everything committed before this call (at or before it) from everything committed later
 * (after it). Writers are not blocked: this waits for transactions that were inserting when it was called, though not
 * for long.
 * @returns `complete`: false when one of them is still open; rows committed concurrently are then after the position
 *   too
 */
export async function settle(
  pool: Pool,
  sequence: string,
): Promise<{ readonly seq: number; readonly complete: boolean }> {
  const { newest, settled } = await readCommitOrder(pool, sequence);
  const deadline = performance.now() + LONGEST_WAIT_MS;
  let seq = settled;
  while (seq < newest && performance.now() < deadline) {
    await sleep(LOOK_MS);
    seq = (await readCommitOrder(pool, sequence)).settled;
  }
  return { seq, complete: seq >= newest };
}

const SPAN = 2 ** 32;

/** The number whose low 32 bits a lock carries: the one nearest to `newest`, below or above it. */
function widen(low: number, newest: number): number {
  const ahead = (((low - newest) % SPAN) + SPAN) % SPAN;
  return newest + (ahead < SPAN / 2 ? ahead : ahead - SPAN);
}
