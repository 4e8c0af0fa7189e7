import type { SummaryRow } from "@agent-assembly/storage-core";
import {
  AUDIT_COLUMN_OF,
  type CountPlan,
  type ParsedAuditFilter,
  type ParsedDimension,
  type ParsedSummaryRequest,
  planDropped,
  SummaryBuilder,
} from "@agent-assembly/storage-core/backend";
import { selectDropped } from "../counts/dropped.js";
import { type CountQuestion, selectCounts } from "../counts/select.js";
import { type Condition, matchesFilter, whereFilter } from "../sql/filter.js";
import { join, type Sql, sql } from "../sql/fragment.js";
import { BUCKET_FUNCTION, METADATA_FUNCTION } from "../sql/function-names.js";

export type SummaryGroup = (string | number | null)[];

/**
 * Groups as rows: the bucket's start if one was asked for, the dimensions in order, the count.
 * @param plan to answer from kept counts, `undefined` to count rows
 */
export function selectSummary(
  filter: ParsedAuditFilter,
  request: ParsedSummaryRequest,
  plan: CountPlan | undefined,
): Condition {
  const bucket = bucketOf(request);
  const groups = request.dimensions.map(dimensionColumn);
  const condition = conditionOfKeys(filter);
  const withAgents = request.dimensions.some(({ kind }) => kind === "agent_metadata");
  const stored =
    plan === undefined
      ? selectRows(filter, { groups, bucket, withAgents })
      : selectCounts(plan, { groups, bucket, condition, withAgents });
  if (!request.includeDropped) return atMost(request, stored);
  // Both parts of one moment, to be added up.
  const dropped = selectDropped(planDropped(filter, request), { groups, bucket, condition });
  return join(
    [stored, dropped].map((part) => sql`SELECT * FROM (${atMost(request, part)})`),
    " UNION ALL ",
  );
}

function atMost({ maxGroups }: ParsedSummaryRequest, select: Sql): Sql {
  return sql`${select} LIMIT ${maxGroups + 1}`;
}

function selectRows(
  filter: ParsedAuditFilter,
  { groups, bucket, withAgents }: Pick<CountQuestion, "groups" | "bucket" | "withAgents">,
): Sql {
  const by = [...(bucket === undefined ? [] : [bucket("e.ts")]), ...groups];
  const select = join([...by, sql`count(*)`], ", ");
  const agents = withAgents ? "LEFT JOIN agent_registry AS a ON a.agent_id = e.agent_id" : "";
  const groupBy = by.length === 0 ? "" : `GROUP BY ${by.map((_, i) => i + 1).join(", ")}`;
  return sql`SELECT ${select} FROM audit_events AS e ${agents} ${whereFilter(filter)} ${groupBy}`;
}

export function summaryRows(request: ParsedSummaryRequest, groups: readonly SummaryGroup[]): SummaryRow[] {
  const builder = new SummaryBuilder(request);
  for (const group of groups) {
    const count = group.at(-1) as number;
    const bucket = request.bucket === undefined ? undefined : (group[0] as number);
    const values = group.slice(request.bucket === undefined ? 0 : 1, -1);
    const key = request.dimensions.map((dimension, i) => {
      const value = values[i] ?? null;
      return isBoolean(dimension) ? value === 1 : (value as string | null);
    });
    builder.add(bucket, key, count);
  }
  return builder.rows();
}

function conditionOfKeys(filter: ParsedAuditFilter): Condition | undefined {
  if (filter.texts.length === 0 && filter.dryRun === undefined) return undefined;
  return matchesFilter({ ...filter, from: undefined, to: undefined });
}

/** The start of the bucket of a time, an expression. */
function bucketOf({ bucket }: ParsedSummaryRequest): CountQuestion["bucket"] {
  if (bucket === undefined) return undefined;
  if (bucket.timeZone === "UTC" && bucket.unit.kind !== "month") {
    const start = bucket.startOf(0);
    const width = bucket.next(start) - start;
    // The remainder of a negative time is negative in SQL; adding the width once more makes it positive.
    return (time) => ({ sql: `${time} - ((${time} - ?) % ? + ?) % ?`, values: [start, width, width, width] });
  }
  const values = [JSON.stringify([bucket.every, bucket.timeZone])];
  return (time) => ({ sql: `${BUCKET_FUNCTION}(?, ${time})`, values });
}

function dimensionColumn(dimension: ParsedDimension): Condition {
  if (dimension.kind === "agent_metadata") {
    return { sql: `${METADATA_FUNCTION}(a.metadata, ?)`, values: [dimension.key] };
  }
  return { sql: `e.${AUDIT_COLUMN_OF[dimension.field]}`, values: [] };
}

function isBoolean(dimension: ParsedDimension): boolean {
  return dimension.kind === "event" && dimension.type === "boolean";
}
