import { type CountPlan, fromCellHour, type TimeSpan, toCellHour } from "@agent-assembly/storage-core/backend";
import { join, type Sql, sql } from "../sql/fragment.js";
import { cubeLevelOf, PAYLOAD_BYTES } from "./layout.js";
import { FOLDED_SEQ } from "./tables.js";

/** What is counted, apart from the time. */
export interface CountQuestion {
  /** Columns to count by, of `e`, which is a row or a key with the same names, and of its agent `a`. Not the time. */
  readonly groups: readonly Sql[];
  /** Start of the bucket of a time, which is an expression; the first column when there is one. */
  readonly bucket?: ((time: string) => Sql) | undefined;
  /** What `e` must meet; `undefined`: all count. Not the time. */
  readonly condition: Sql | undefined;
  /** Whether the last column is the bytes of payloads. The cube of the plan has them. */
  readonly sized?: boolean;
  /** Leaves out rows with a greater seq, which is not less than the position of the counts. */
  readonly last?: number | undefined;
  /** Joins the agents. */
  readonly withAgents?: boolean;
}

const AGENTS = "LEFT JOIN agent_registry AS a ON a.agent_id = e.agent_id";
const HOUR_MS = fromCellHour(1);

/**
 * One row for each group that has events: bucket, groups, how many events, and bytes; without bucket and groups one row. Of one
 * moment, because it is one statement: cells as far as they count, less what they count that is not asked for, the rows behind
 * that, and the rows of times that cells would cut.
 */
export function selectCounts(plan: CountPlan, question: CountQuestion): Sql {
  const { groups, bucket, sized = false } = question;
  const columns = (bucket === undefined ? 0 : 1) + groups.length;
  const names = Array.from({ length: columns }, (_, i) => `g${i}`);
  const parts = [selectCells(plan, question), ...selectRows(plan, question)];
  // Of a group, all that the cells count may be subtracted.
  const some = plan.subtracted.length === 0 ? "" : "HAVING sum(n) > 0";
  const by = names.length === 0 ? "" : `GROUP BY ${names.join(", ")} ${some}`;
  const select = [...names, "coalesce(sum(n), 0) AS n", ...(sized ? ["coalesce(sum(b), 0) AS b"] : [])].join(", ");
  return sql`SELECT ${select} FROM (${join(parts, " UNION ALL ")}) ${by}`;
}

/** Adds up by key first: to look a key up for each cell would take longer than all the rest. */
function selectCells({ cube, cells }: CountPlan, question: CountQuestion): Sql {
  const { groups, bucket, condition, sized = false, withAgents = false } = question;
  const keys = sql`SELECT e.id FROM audit_count_keys AS e WHERE e.cube = ${cube.id} AND ${condition ?? ""}`;
  const ofKeys = condition === undefined ? sql`` : sql`AND key_id IN (${keys})`;
  const spans = cells.map(({ level, from, to }) => {
    const range: Sql = { sql: "hour >= ? AND hour < ?", values: [toCellHour(from), toCellHour(to)] };
    const which = sql`cube_level = ${cubeLevelOf(cube, level)} AND ${range}`;
    return sql`SELECT hour, key_id, events, payload_bytes FROM audit_counts WHERE ${which} ${ofKeys}`;
  });
  const start = bucket && sql`${bucket(`(hour * ${HOUR_MS})`)} AS g0`;
  const by = [...(start ? ["g0"] : []), ...(groups.length > 0 ? ["key_id"] : [])];
  const sums = sized ? "sum(events) AS n, sum(payload_bytes) AS b" : "sum(events) AS n";
  const select = join([...(start ? [start] : []), ...(groups.length > 0 ? [sql`key_id`] : []), sql`${sums}`], ", ");
  const grouped = sql`SELECT ${select} FROM (${join(spans, " UNION ALL ")}) ${by.length === 0 ? "" : `GROUP BY ${by.join(", ")}`}`;
  if (groups.length === 0) return grouped;
  const named = groups.map((group, i) => sql`${group} AS g${i + (start ? 1 : 0)}`);
  const columns = join([...(start ? [sql`c.g0`] : []), ...named, sql`c.n`, ...(sized ? [sql`c.b`] : [])], ", ");
  return sql`SELECT ${columns} FROM (${grouped}) AS c CROSS JOIN audit_count_keys AS e ON e.id = c.key_id ${withAgents ? AGENTS : ""}`;
}

/** The rows behind the position at times that cells answer for, those to subtract, and all rows at other times. */
function selectRows({ counted, subtracted, rows }: CountPlan, question: CountQuestion): Sql[] {
  const { groups, bucket, condition, sized = false, last, withAgents = false } = question;
  const bytes = sql`sum(${PAYLOAD_BYTES})`;
  const added = [sql`count(*) AS n`, ...(sized ? [sql`${bytes} AS b`] : [])];
  const select = (time: string, sums: readonly Sql[], which: string, where: Sql): Sql => {
    const by = [...(bucket === undefined ? [] : [bucket(time)]), ...groups];
    const named = by.map((group, i) => sql`${group} AS g${i}`);
    const groupBy = by.length === 0 ? "" : `GROUP BY ${by.map((_, i) => i + 1).join(", ")}`;
    const all = [where, ...(condition === undefined ? [] : [condition])];
    if (last !== undefined) all.push({ sql: "e.seq <= ?", values: [last] });
    const from = sql`audit_events AS e ${which} ${withAgents ? AGENTS : ""}`;
    return sql`SELECT ${join([...named, ...sums], ", ")} FROM ${from} WHERE ${join(all, " AND ")} ${groupBy}`;
  };
  const taken = [sql`-count(*) AS n`, ...(sized ? [sql`-${bytes} AS b`] : [])];
  return [
    // Without another index, the walk begins at the position.
    select("e.ts", added, "NOT INDEXED", sql`e.seq > (${FOLDED_SEQ}) AND ${within(counted)}`),
    // Nearly all events are before the position: the plus keeps the planner from a walk along them.
    ...subtracted.map((span) => select(`${span.cell}`, taken, "", sql`${within(span)} AND +e.seq <= (${FOLDED_SEQ})`)),
    ...rows.map((span) => select("e.ts", added, "", within(span))),
  ];
}

function within({ from, to }: TimeSpan): Sql {
  return { sql: "(e.ts >= ? AND e.ts < ?)", values: [from, to] };
}
