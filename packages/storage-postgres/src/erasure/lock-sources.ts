import type { AuditEventRow, AuditKey } from "@agent-assembly/storage-core/backend";
import { errorCode } from "../driver/errors.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { type Place, placeOf } from "../partitions/chunks/chunks.js";
import { textArray } from "../sql/array-literal.js";
import { toTimestamp } from "../sql/timestamps.js";
import { ErasureUndone } from "./undone.js";

/** Rows of one agent in one batch of a compressed chunk. */
const BATCH_ROWS = 1000;

/** Events that one statement changes: in one table, and near each other where it is compressed. */
export interface Run<Event> {
  /** The table that holds them, quoted, with its schema. */
  readonly source: string;
  readonly compressed: boolean;
  /** Of one agent where the source is compressed. */
  readonly events: readonly Event[];
}

interface Chunk {
  readonly table: string;
  readonly compressed: boolean;
  readonly from: number;
  readonly to: number;
}

/**
 * Locks the tables that hold some events, so that none of them is dropped, compressed or rewritten until the transaction ends.
 * Appends go on, but for those to compressed chunks.
 * @param table the events', quoted, with its schema
 * @returns the events in runs of bounded work
 * @throws `ErasureUndone` where a chunk has gone, or changed its form meanwhile
 */
export async function lockSources<Event extends { readonly event: AuditEventRow }>(
  sql: TransactionSql,
  pool: Pool,
  table: string,
  events: readonly Event[],
): Promise<Run<Event>[]> {
  const place = await placeOf(sql, pool, "audit");
  if (place === undefined) {
    await sql.unsafe(`LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`);
    return [{ source: table, compressed: false, events }];
  }
  const found = await readChunks(sql, place, events);
  const runs: Run<Event>[] = [];
  for (const chunk of found) {
    const inside = events.filter(({ event: { ts } }) => ts >= chunk.from && ts < chunk.to);
    if (inside.length === 0) continue;
    await lock(sql, chunk, inside);
    const parts = chunk.compressed ? await nearby(sql, chunk, inside) : [inside];
    runs.push(...parts.map((part) => ({ source: chunk.table, compressed: chunk.compressed, events: part })));
  }
  const locked = new Map((await readChunks(sql, place, events)).map((chunk) => [chunk.table, chunk.compressed]));
  const changed = runs.filter(({ source, compressed }) => locked.get(source) !== compressed);
  const held = new Set(runs.flatMap((run) => run.events));
  const missing = events.filter((event) => !held.has(event));
  if (changed.length + missing.length > 0) {
    throw new ErasureUndone({
      outcome: "changed",
      changed: keys([...missing, ...changed.flatMap((run) => run.events)]),
    });
  }
  return runs;
}

/** By time, as other sessions lock them. */
function readChunks(
  sql: TransactionSql,
  { schema, table }: Place,
  events: readonly { readonly event: AuditKey }[],
): Promise<Chunk[]> {
  const times = events.map(({ event: { ts } }) => ts);
  return sql<Chunk[]>`
    SELECT format('%I.%I', chunk_schema, chunk_name) AS table, is_compressed AS compressed,
      (extract(epoch FROM range_start) * 1000)::float8 AS from, (extract(epoch FROM range_end) * 1000)::float8 AS to
    FROM timescaledb_information.chunks
    WHERE hypertable_schema = ${schema} AND hypertable_name = ${table}
      AND range_end > ${toTimestamp(Math.min(...times))}::timestamptz
      AND range_start <= ${toTimestamp(Math.max(...times))}::timestamptz
    ORDER BY range_start`;
}

async function lock(
  sql: TransactionSql,
  { table, compressed }: Chunk,
  events: readonly { readonly event: AuditKey }[],
): Promise<void> {
  try {
    // Rows that are being decompressed must not be appended to.
    await sql.unsafe(`LOCK TABLE ${table} IN ${compressed ? "EXCLUSIVE" : "ROW EXCLUSIVE"} MODE`);
  } catch (error) {
    if (errorCode(error) !== "42P01") throw error;
    throw new ErasureUndone({ outcome: "changed", changed: keys(events) });
  }
}

/**
 * Events of a compressed chunk by agent, divided where whole batches lie between two of them, as far as the number of rows tells: a
 * statement decompresses all batches from its first event to its last.
 */
async function nearby<Event extends { readonly event: AuditEventRow }>(
  sql: TransactionSql,
  { table }: Chunk,
  events: readonly Event[],
): Promise<Event[][]> {
  const byAgent = new Map<string, Event[]>();
  for (const event of events) {
    const { agentId } = event.event;
    const others = byAgent.get(agentId);
    if (others === undefined) byAgent.set(agentId, [event]);
    else others.push(event);
  }
  const times = events.map(({ event: { ts } }) => ts);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const counts = await sql.unsafe<{ agentId: string; rows: number }[]>(
    `SELECT e.agent_id AS "agentId", count(*)::float8 AS rows FROM ${table} AS e
     WHERE e.agent_id = ANY ($1::text[]) AND e.ts >= $2::timestamptz AND e.ts <= $3::timestamptz GROUP BY 1`,
    [textArray([...byAgent.keys()]), toTimestamp(from), toTimestamp(to)],
  );
  const rowsOf = new Map(counts.map(({ agentId, rows }) => [agentId, rows]));
  const parts: Event[][] = [];
  for (const [agentId, of] of byAgent) {
    const msOfBatch = ((to - from) * BATCH_ROWS) / Math.max(1, rowsOf.get(agentId) ?? 1);
    let last = Number.NEGATIVE_INFINITY;
    for (const event of of.toSorted((a, b) => a.event.ts - b.event.ts)) {
      const { ts } = event.event;
      if (ts - last > msOfBatch) parts.push([]);
      parts.at(-1)?.push(event);
      last = ts;
    }
  }
  return parts;
}

function keys(events: readonly { readonly event: AuditKey }[]): AuditKey[] {
  return events.map(({ event: { ts, eventId } }) => ({ ts, eventId }));
}
