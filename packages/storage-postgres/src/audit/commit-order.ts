import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "@agent-assembly/storage-core";
import { errorCode } from "../driver/errors.js";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { originError, originProblem } from "../schema/origin.js";
import { plainArray } from "../sql/array-literal.js";
import type { Bindings, Conditions } from "../sql/bindings.js";
import { quoteIdentifier, quoteLiteral } from "../sql/identifiers.js";
import { type Origin, type Position, parseSnapshot, type Snapshot } from "./history/position.js";
import { onServer, type ServerHistory } from "./history/server.js";

export interface CommitOrder {
  readonly snapshot: Snapshot;
  readonly origin: Origin;
  /** The first transaction that has not begun; `undefined` on a standby, which lags behind. */
  readonly newest: number | undefined;
  readonly server: ServerHistory;
  /** Changes when the table gets or loses a chunk; `undefined` for a table without chunks. */
  readonly chunks: string | undefined;
}

/** A commit that waits for the disk takes the others with it; else the server's WAL writer comes by five times a second. */
const FLUSH_LOOKS_MS = { first: 1, longest: 50 };

/**
 * Which transactions have ended. Asks the server for nothing but its snapshot, which no other session can hold up: a
 * transaction that stays open, of whatever database, is one more number in its list.
 *
 * Waits until the ends of these transactions are on the disk, which takes milliseconds: after a crash, the server gives
 * numbers that it has no record of to other transactions, whose rows a position would then take for delivered ones.
 */
export async function readCommitOrder(pool: Pool): Promise<CommitOrder> {
  const order = await readOnce(pool);
  const timeline = order.server.begun?.timeline;
  if (timeline === undefined || SEEN.get(pool) === timeline) return order;
  // A standby may have been promoted during the statement, whose snapshot does not list open transactions then.
  SEEN.set(pool, timeline);
  return readOnce(pool);
}

/** The timeline without events that was seen last. */
const SEEN = new WeakMap<Pool, number>();

async function readOnce(pool: Pool): Promise<CommitOrder> {
  const schema = quoteIdentifier(pool.options.schema);
  const text = `SELECT pg_current_snapshot()::text, pg_is_in_recovery(), o.id, o.seq,
      (SELECT oid FROM pg_database WHERE datname = current_database())::text,
      (SELECT sum(inhrelid::bigint) FROM pg_inherits WHERE inhparent = ${quoteLiteral(`${schema}.audit_events`)}::regclass)::text,
      w.lsn::text, CASE WHEN w.lsn IS NULL THEN true ELSE pg_current_wal_flush_lsn() >= w.lsn END,
      coalesce(t.id, 0), coalesce(t.timeline, o.timeline),
      CASE WHEN w.lsn IS NOT NULL THEN ('x' || left(pg_walfile_name(w.lsn), 8))::bit(32)::integer END,
      coalesce(w.lsn, pg_last_wal_replay_lsn()) - '0/0'::pg_lsn, pg_last_wal_replay_lsn() - '0/0'::pg_lsn
    FROM ${schema}.audit_origin AS o
    LEFT JOIN LATERAL (SELECT t.id, t.timeline FROM ${schema}.audit_timelines AS t WHERE t.origin = o.id
      ORDER BY t.number DESC LIMIT 1) AS t ON true,
    (${WAL_END}) AS w`;
  const [row] = await pool
    .run((sql) => rows<OrderRow>(sql, { text, values: [] }, pool.options.prepare))
    .catch((error: unknown) => explain(error, pool));
  const [snapshot, inRecovery, id, seq, database, chunks, lsn, flushed, history, recorded, timeline, end, replayed] =
    row as OrderRow;
  if (!flushed) await untilFlushed(pool, lsn as string);
  const begun =
    timeline === null || timeline === recorded
      ? undefined
      : { timeline, lsn: replayed === null ? undefined : Number(replayed) };
  return {
    snapshot: parseSnapshot(snapshot, inRecovery),
    origin: { id: Number(id), database: Number(database), seq: Number(seq) },
    newest: inRecovery ? undefined : Number(snapshot.split(":")[1]),
    // No event was committed since a timeline began that has none.
    server: {
      schema: pool.options.schema,
      origin: Number(id),
      id: Number(history),
      lsn: Math.min(Number(end), begun?.lsn ?? Number.POSITIVE_INFINITY),
      begun,
    },
    chunks: chunks ?? undefined,
  };
}

type OrderRow = [
  snapshot: string,
  inRecovery: boolean,
  id: string,
  seq: string,
  database: string,
  chunks: string | null,
  lsn: string | null,
  flushed: boolean,
  history: string,
  recorded: number,
  timeline: number | null,
  end: string,
  replayed: string | null,
];

/**
 * Where the log ends; NULL on a standby, which gets only what is on the primary's disk. Behind a full page the server names
 * the place after the next page's header, which has 24 bytes, or 40 at the beginning of a file, and is not written yet.
 */
export const WAL_END = `SELECT lsn - CASE WHEN mod(lsn - '0/0'::pg_lsn, page) IN (24, 40) THEN mod(lsn - '0/0'::pg_lsn, page) ELSE 0 END AS lsn
  FROM (
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() END AS lsn,
      current_setting('wal_block_size')::numeric AS page OFFSET 0) AS log OFFSET 0`;

/** @throws `timeout` when the server's disk takes longer than any statement may */
async function untilFlushed(pool: Pool, lsn: string): Promise<void> {
  const { prepare, statementTimeoutMs } = pool.options;
  const deadline = performance.now() + statementTimeoutMs;
  const statement = {
    text: "SELECT CASE WHEN pg_is_in_recovery() THEN true ELSE pg_current_wal_flush_lsn() >= $1::pg_lsn END",
    values: [lsn],
  };
  for (let waitMs = FLUSH_LOOKS_MS.first; ; waitMs = Math.min(waitMs * 2, FLUSH_LOOKS_MS.longest)) {
    await sleep(waitMs);
    const [row] = await pool.run((sql) => rows<[boolean]>(sql, statement, prepare));
    if (row?.[0] === true) return;
    if (performance.now() > deadline) {
      throw new StorageError({
        code: "timeout",
        message: `the server did not write its log to the disk within ${statementTimeoutMs} ms`,
        remedy: "Look at the server's disk.",
      });
    }
  }
}

/** Object not in prerequisite state: a materialized view without content. */
const NOT_POPULATED = "55000";

async function explain(error: unknown, pool: Pool): Promise<never> {
  if (errorCode(error) !== NOT_POPULATED) throw error;
  throw originError((await pool.run((sql) => originProblem(sql, pool.options))) ?? "the view audit_origin is empty");
}

/** The position behind everything that is committed. */
export function positionOf({ next, open }: Snapshot): Position {
  return { next, open, part: undefined };
}

/** A position, and the history it belongs to. */
export interface PositionIn {
  readonly position: Position;
  readonly origin: Pick<Origin, "seq">;
  readonly server: ServerHistory;
}

/**
 * The conditions that select the rows that a position includes; the table's alias is `e`. A statement with them fails on a
 * server with another history, see {@link onServer}.
 */
export function includedIn({ position: { next, open, part }, origin, server }: PositionIn): Conditions {
  return (bindings: Bindings) => {
    const here = onServer(server, bindings);
    const below = [
      `e.xact < ${bindings.bind(next, "bigint")}`,
      ...(open.length === 0 ? [] : [`e.xact <> ALL (${bindings.bind(plainArray(open), "bigint[]")})`]),
    ];
    const alternatives = [below.join(" AND ")];
    if (part !== undefined) {
      alternatives.push(
        `e.xact = ${bindings.bind(part.xact, "bigint")} AND e.seq <= ${bindings.bind(part.seq, "bigint")}`,
      );
    }
    if (origin.seq > 0) alternatives.push(`e.seq <= ${bindings.bind(origin.seq, "bigint")}`);
    return alternatives.length === 1
      ? [here, ...below]
      : [here, `(${alternatives.map((one) => `(${one})`).join(" OR ")})`];
  };
}
