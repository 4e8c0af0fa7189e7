import {
  type AuditEventRow,
  type CellSpan,
  COUNT_LEVEL_IDS,
  type ParsedAuditFilter,
  toCellHour,
} from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { plainArray, textArray } from "../sql/array-literal.js";
import type { Bindings } from "../sql/bindings.js";
import { filterConditions } from "../sql/event-conditions.js";
import type { CountTables } from "./tables.js";

/** Columns of events, of the alias `e`, that the counts of dropped events are kept by; besides the time. */
const DROPPED_MEMBERS = "e.agent_id, e.team_id, e.action, e.decision, e.dry_run, e.matched_rule_id, e.tool";

/**
 * A query that keeps the counts of events which the transaction removes.
 * @param events a query or table with `ts` and {@link DROPPED_MEMBERS}
 */
export function keepDropped(tables: CountTables, events: string): string {
  return `SELECT ${tables.changeDropped}(1, array_agg(hour), array_agg(agent_id), array_agg(team_id), array_agg(action),
      array_agg(decision), array_agg(dry_run), array_agg(matched_rule_id), array_agg(tool), array_agg(events))
    FROM (
      SELECT (floor(date_part('epoch', e.ts) / 86400) * 24)::integer AS hour, ${DROPPED_MEMBERS}, count(*) AS events
      FROM ${events} AS e GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) AS dropped`;
}

/** Of events that the transaction restores: they count as themselves from now on. */
export function takeBackDropped(tables: CountTables, events: readonly AuditEventRow[]): Statement {
  const plain = (value: (event: AuditEventRow) => number | boolean): string => plainArray(events.map(value));
  const texts = (value: (event: AuditEventRow) => string | null): string => textArray(events.map(value));
  return {
    text: `SELECT ${tables.changeDropped}(-1, $1::integer[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[],
      $7::text[], $8::text[], $9::bigint[])`,
    values: [
      plain(({ ts }) => Math.floor(toCellHour(ts))),
      texts(({ agentId }) => agentId),
      texts(({ teamId }) => teamId),
      texts(({ action }) => action),
      texts(({ decision }) => decision),
      plain(({ dryRun }) => dryRun),
      texts(({ matchedRuleId }) => matchedRuleId),
      texts(({ tool }) => tool),
      plain(() => 1),
    ],
  };
}

/** Dropped events as a query: `ts` (the start of their day or month), the members, and `events`, how many there were. */
export function selectDropped(
  tables: CountTables,
  filter: ParsedAuditFilter,
  spans: readonly CellSpan[],
  bindings: Bindings,
): string {
  const times = spans.map(({ level, from, to }) => {
    const [first, end] = [from, to].map((ms) => bindings.bind(toCellHour(ms), "integer"));
    return `(c.level = ${COUNT_LEVEL_IDS[level]} AND c.start >= ${first} AND c.start < ${end})`;
  });
  const conditions = filterConditions({ ...filter, from: undefined, to: undefined }, bindings);
  const where = [`(${times.join(" OR ") || "FALSE"})`, ...conditions].join(" AND ");
  return `SELECT to_timestamp(c.start * 3600::float8) AS ts, ${DROPPED_MEMBERS}, u.events
    FROM ${tables.droppedCells} AS c CROSS JOIN LATERAL unnest(c.keys, c.events) AS u (key, events)
    JOIN ${tables.droppedKeys} AS e ON e.id = u.key WHERE ${where}`;
}
