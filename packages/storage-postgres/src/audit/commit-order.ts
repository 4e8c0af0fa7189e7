import { setTimeout as sleep } from "node:timers/promises";
import { decodeCursor, decodePosition, encodeCursor } from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { rows } from "../sql/statement.js";

const SCOPE = "tail postgres";
/** Our own transactions that insert take milliseconds; somebody else's may take hours, and is not waited for. */
const LONGEST_WAIT_MS = 1000;
const LOOK_MS = 20;

export interface CommitOrder {
  /** The greatest number that was taken. */
  readonly newest: number;
  /** The number up to which everything that will ever be there is there. */
  readonly settled: number;
}

/** A position of a tail, or the end of a measured part. */
export function encodePosition(seq: number): string {
  return encodeCursor(SCOPE, [seq]);
}

/** What {@link encodePosition} was given. @throws `invalid_argument` for what no measure answered */
export function decodeUpTo(upTo: string): number {
  return decodePosition(SCOPE, upTo);
}

/** The number behind which a tail goes on. @throws `invalid_argument` for what no tail delivered */
export function decodeAfter(after: string): number {
  return decodeCursor(SCOPE, after)[0] as number;
}

/**
 * Numbers are taken before their transactions commit; the schema's `audit_events_gate` shows those that may still commit
 * as advisory locks.
 * @param sequence quoted, with its schema
 */
export async function readCommitOrder(pool: Pool, sequence: string): Promise<CommitOrder> {
  // The newest number is read before the locks: a transaction that took one until then and still runs holds its lock.
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
 * A position that everything committed before this call is at or before, and behind which everything lies that is committed
 * later. Nobody is locked out: transactions that were inserting when this was called are waited for, though not for long.
 * @returns `complete`: false when one of them is still open; then what was committed beside it lies behind the position too
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

/** The number whose low 32 bits a lock carries: the one nearest to `newest`, before or behind it. */
function widen(low: number, newest: number): number {
  const ahead = (((low - newest) % SPAN) + SPAN) % SPAN;
  return newest + (ahead < SPAN / 2 ? ahead : ahead - SPAN);
}
