import { StorageError } from "@agent-assembly/storage-core";
import { positionErrors } from "@agent-assembly/storage-core/backend";
import type { Pool } from "../../driver/pool.js";
import { rows } from "../../driver/statement.js";
import { plainArray } from "../../sql/array-literal.js";
import { quoteIdentifier } from "../../sql/identifiers.js";
import { before, type Origin, type Position, type Snapshot } from "./position.js";
import type { Place, PositionToken } from "./position-token.js";
import type { ServerHistory } from "./server.js";

/** Transactions whose ends are looked up at most. */
const MAX_UNLISTED = 100_000;

/** What a position is judged by. */
export interface JudgingOrder {
  readonly origin: Origin;
  readonly snapshot: Snapshot;
  /** The first transaction that has not begun; `undefined` on a standby, which lags behind. */
  readonly newest: number | undefined;
  readonly server: ServerHistory;
}

/** The first timeline after the one of a position. */
interface Switch {
  readonly timeline: number;
  /** What was committed before it was kept. */
  readonly lsn: number | undefined;
  readonly firstXact: number;
}

/**
 * The place that a position has in the history of the server that answers now. Asks the server for more only when there was a
 * promotion or a restore since the position was made.
 * @returns `undefined` on a standby that has not replayed as much yet
 * @throws `invalid_argument` for a position of another database, and for one that includes what this history lacks
 */
export async function placeIn(
  pool: Pool,
  { option, origin, place }: PositionToken,
  order: JudgingOrder,
): Promise<Place | undefined> {
  const { server } = order;
  if (origin.id !== order.origin.id || origin.database !== order.origin.database) {
    throw positionErrors.otherHistory(option, "restored from a dump or a base backup");
  }
  if (place.history === server.id && server.begun === undefined) {
    const isAhead = order.newest !== undefined && (place.position.next > order.newest || place.lsn > server.lsn);
    if (isAhead) throw positionErrors.ahead(option);
    return place;
  }
  const next = await switchAfter(pool, place, order);
  if (next === undefined) {
    if (order.newest === undefined && server.lsn < place.lsn) return undefined;
    throw positionErrors.otherHistory(option, "restored, or replaced by a standby that lacked what it stored last");
  }
  const kept = next.lsn !== undefined && place.lsn <= next.lsn;
  if (!kept) {
    const lost = await lostOf(pool, place, next, order);
    if (lost !== undefined) throw positionErrors.lost(option, `${lost} (timeline ${next.timeline})`);
  }
  return {
    position: before(next.firstXact, place.position),
    history: server.id,
    lsn: Math.min(place.lsn, next.lsn ?? place.lsn),
    delivered: place.delivered,
  };
}

/** For slices, which a standby that is behind cannot read. @throws as {@link placeIn}; `unavailable` on such a standby */
export async function positionFor(pool: Pool, token: PositionToken, order: JudgingOrder): Promise<Position> {
  const place = await placeIn(pool, token, order);
  if (place !== undefined && (order.newest !== undefined || place.lsn <= order.server.lsn)) return place.position;
  throw new StorageError({
    code: "unavailable",
    retryable: true,
    message: "the standby has not replayed what the position includes",
    option: `options.${token.option}`,
    remedy: "Try again, or ask the primary.",
  });
}

/** @returns `undefined` when the server does not know the history of the position */
async function switchAfter(
  pool: Pool,
  { history, position }: Place,
  { origin, snapshot, server }: JudgingOrder,
): Promise<Switch | undefined> {
  if (history === server.id && server.begun !== undefined) {
    // No events were stored on this timeline. What was open already is of an earlier one, as prepared transactions are.
    const ours = snapshot.open.find((xact) => !position.open.includes(xact));
    return { ...server.begun, firstXact: ours ?? snapshot.next };
  }
  const text = `SELECT t.id, t.timeline, t.switch_lsn - '0/0'::pg_lsn, t.first_xact
    FROM ${quoteIdentifier(pool.options.schema)}.audit_timelines AS t WHERE t.origin = $1 ORDER BY t.number`;
  const found = await pool.run((sql) =>
    rows<[id: string, timeline: number, lsn: string | null, firstXact: string]>(
      sql,
      { text, values: [origin.id] },
      pool.options.prepare,
    ),
  );
  const at = history === 0 ? -1 : found.findIndex(([id]) => Number(id) === history);
  if (at < 0 && history !== 0) return undefined;
  const row = found[at + 1];
  if (row === undefined) return undefined;
  const [, timeline, lsn, firstXact] = row;
  return { timeline, lsn: lsn === null ? undefined : Number(lsn), firstXact: Number(firstXact) };
}

/** @returns what is not in this history although it was delivered, or may have been */
async function lostOf(
  pool: Pool,
  { position, delivered: { recent, unlisted } }: Place,
  { firstXact }: Switch,
  { origin }: JudgingOrder,
): Promise<string | undefined> {
  const [first, last] = unlisted ?? [1, 0];
  if (last - first >= MAX_UNLISTED) return UNKNOWN;
  const text = `SELECT
      (SELECT count(*) FROM unnest($1::bigint[]) AS x (xact) WHERE x.xact >= $2::bigint OR NOT EXISTS (
        SELECT FROM ${quoteIdentifier(pool.options.schema)}.audit_events AS e WHERE e.xact = x.xact AND e.seq > $3::bigint)),
      EXISTS (SELECT FROM generate_series($4::bigint, $5::bigint) AS x (xact) WHERE x.xact <> ALL ($6::bigint[])
        AND CASE WHEN x.xact >= $2::bigint THEN true
          ELSE pg_xact_status(x.xact::text::xid8) IS DISTINCT FROM 'committed' END)`;
  const values = [plainArray(recent), firstXact, origin.seq, first, last, plainArray(position.open)];
  const [row] = await pool.run((sql) =>
    rows<[missing: string, doubtful: boolean]>(sql, { text, values }, pool.options.prepare),
  );
  const [missing, doubtful] = row as [string, boolean];
  if (missing !== "0") return `without ${missing} of the last ${recent.length} transactions that were delivered`;
  return doubtful ? UNKNOWN : undefined;
}

const UNKNOWN = "perhaps without transactions that it includes";
