import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../../driver/errors.js";
import type { AnySql, Sql } from "../../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../../sql/identifiers.js";
import type { DesiredAggregate } from "../desired-state.js";
import { entry, StateTable } from "../state-table.js";

/** A refresh must span two buckets. */
const SHORTEST_MS = 2 * 3_600_000;
const LONGEST_WAIT_MS = 60_000;
const RETRY_MS = 200;

/**
 * Fills a new aggregate from the existing rows, chunk by chunk. Its policy and the view itself handle the newest rows.
 * Nothing was dropped since the aggregate was created, so nothing is erased. An interrupted run starts again, which
 * costs little for ranges already filled.
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

/**
 * Refreshes a range, after waiting for other refreshes of the aggregate.
 * @param from and `to`: milliseconds since the epoch; only whole hours between them are refreshed
 * @throws `busy` as the driver's error when other refreshes take longer than a minute
 */
export async function refreshAggregate(
  sql: AnySql,
  extensionSchema: string,
  aggregate: string,
  from: number,
  to: number,
): Promise<void> {
  const [start, end] = [from, to].map((ms) => `timestamptz ${quoteLiteral(new Date(ms).toISOString())}`);
  // A separate statement, because it commits as it goes.
  const call = `CALL ${quoteIdentifier(extensionSchema)}.refresh_continuous_aggregate(${quoteLiteral(aggregate)}, ${start}, ${end})`;
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    try {
      await sql.unsafe(call);
      return;
    } catch (error) {
      // lock_not_available, which a second refresh gets at once; deadlock_detected
      if (!["55P03", "40P01"].includes(errorCode(error) ?? "") || performance.now() > deadline) throw error;
    }
    await sleep(RETRY_MS * (0.5 + Math.random()));
  }
}
