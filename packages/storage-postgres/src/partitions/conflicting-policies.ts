import { DATASETS } from "@agent-assembly/storage-core";
import type { ConflictingRetentionPolicy } from "@agent-assembly/storage-core/backend";
import type { AnySql, Pool } from "../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../sql/identifiers.js";
import { placeOf } from "./chunks/chunks.js";

/**
 * Retention policies of TimescaleDB on our tables; we never create one. A paused policy removes nothing. Jobs with
 * user-defined procedures cannot be analysed.
 */
export async function conflictingPolicies(sql: AnySql, pool: Pool): Promise<ConflictingRetentionPolicy[]> {
  const found: ConflictingRetentionPolicy[] = [];
  for (const dataset of DATASETS) {
    const place = await placeOf(sql, pool, dataset);
    if (place === undefined) continue;
    const { schema, table, extension } = place;
    const jobs = await sql<{ id: number; age: string | null }[]>`
      SELECT job_id AS id, coalesce(config->>'drop_after', config->>'drop_created_before') AS age
      FROM timescaledb_information.jobs
      WHERE hypertable_schema = ${schema} AND hypertable_name = ${table} AND proc_name = 'policy_retention' AND scheduled
      ORDER BY 1`;
    const name = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
    for (const { id, age } of jobs) {
      found.push({
        dataset,
        description: `job ${id}, a retention policy of TimescaleDB, drops chunks of ${schema}.${table} after ${age ?? "some time"}`,
        remedy:
          `SELECT ${quoteIdentifier(extension)}.remove_retention_policy(${quoteLiteral(name)}) removes it and leaves dropping to ` +
          "our retention; or turn our retention off",
      });
    }
  }
  return found;
}
