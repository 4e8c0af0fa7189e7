import type { Bindings, Conditions } from "../sql/bindings.js";
import { type CountState, countedBy } from "./state.js";
import type { CountTables } from "./tables.js";

/** Bytes of a payload as text, which stay the same whatever form it is stored in; of a table with the alias `e`. */
export const PAYLOAD_BYTES = "octet_length(e.payload::text)";

/** What counting takes of an event; the alias of its table is `e`. */
export const COUNTED_COLUMNS = `e.ts, e.xact, e.seq, e.agent_id, e.team_id, e.action, e.decision, e.dry_run, e.matched_rule_id, e.tool,
  ${PAYLOAD_BYTES} AS size`;

/**
 * A query that takes those events out of the counts that are in them.
 * @param state as `lockState` yields it in the transaction that deletes the events
 * @param events a query or table with {@link COUNTED_COLUMNS}
 */
export function subtractCounted(tables: CountTables, state: CountState, events: string, bindings: Bindings): string {
  return `SELECT ${tables.subtract}(array_agg(hour), array_agg(agent_id), array_agg(team_id), array_agg(action),
      array_agg(decision), array_agg(dry_run), array_agg(matched_rule_id), array_agg(tool), array_agg(events), array_agg(size))
    FROM (
      SELECT floor(date_part('epoch', e.ts) / 3600)::integer AS hour, e.agent_id, e.team_id, e.action, e.decision, e.dry_run,
        e.matched_rule_id, e.tool, count(*) AS events, coalesce(sum(e.size), 0)::bigint AS size
      FROM ${events} AS e WHERE ${countedBy(state)(bindings).join(" AND ")} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) AS counted`;
}

/** The events of a table, as {@link subtractCounted} takes them. */
export function countedColumnsOf(table: string, conditions: Conditions, bindings: Bindings): string {
  return `(SELECT ${COUNTED_COLUMNS} FROM ${table} AS e WHERE ${conditions(bindings).join(" AND ") || "TRUE"})`;
}
