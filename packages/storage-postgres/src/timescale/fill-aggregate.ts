import { quoteIdentifier, quoteLiteral } from "../identifiers.js";
import type { AnySql, Sql } from "../pool.js";
import type { DesiredAggregate } from "./desired-state.js";
import { entry, StateTable } from "./state-table.js";

/** A refresh must span two buckets. */
const SHORTEST_MS = 2 * 3_600_000;

/**
 * Computes a new aggregate over the rows that are there, chunk by chunk, however old they are; the newest are left to its
 * policy and to the view itself. Nothing was dropped since the aggregate was created, so nothing is erased. An interrupted
 * run starts again, which costs little for what is filled.
 */
export async function fillAggregate(
  sql: Sql,
  schema: string,
  extensionSchema: string,
  { name, source }: DesiredAggregate,
): Promise<void> {
  const chunks = await sql<{ from: number; to: number }[]>`
    SELECT (extract(epoch FROM range_start) * 1000)::float8 AS from,
      (extract(epoch FROM least(range_end, now() - interval '1 hour')) * 1000)::float8 AS to
    FROM timescaledb_information.chunks
    WHERE hypertable_schema = ${schema} AND hypertable_name = ${source} ORDER BY range_start`;
  for (const { from, to } of chunks) {
    if (to - from < SHORTEST_MS) continue;
    await refreshAggregate(sql, extensionSchema, `${quoteIdentifier(schema)}.${name}`, from, to);
  }
  const state = new StateTable(schema);
  await state.create(sql);
  await state.write(sql, entry.filled(name), true);
}

/** @param from and `to`: milliseconds since the epoch; only whole hours between them are refreshed */
export async function refreshAggregate(
  sql: AnySql,
  extensionSchema: string,
  aggregate: string,
  from: number,
  to: number,
): Promise<void> {
  const [start, end] = [from, to].map((ms) => `timestamptz ${quoteLiteral(new Date(ms).toISOString())}`);
  // A statement of its own: it commits as it goes.
  await sql.unsafe(
    `CALL ${quoteIdentifier(extensionSchema)}.refresh_continuous_aggregate(${quoteLiteral(aggregate)}, ${start}, ${end})`,
  );
}
