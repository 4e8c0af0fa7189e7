import type { SummaryRow } from "@agent-assembly/storage-core";
import {
  AUDIT_COLUMN_OF,
  type CountPlan,
  type ParsedAuditFilter,
  type ParsedDimension,
  type ParsedSummaryRequest,
  planDropped,
  SummaryBuilder,
  textProblem,
} from "@agent-assembly/storage-core/backend";
import { selectCounted } from "../counts/counted-events-sql.js";
import { selectDropped } from "../counts/dropped-sql.js";
import type { CountState } from "../counts/state.js";
import type { CountTables } from "../counts/tables.js";
import type { Statement } from "../driver/statement.js";
import { Bindings } from "../sql/bindings.js";
import { whereFilter } from "../sql/event-conditions.js";
import { fromStoredText, toStoredText } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";

/** Slots whose edges every bucket of any zone shares: zones differ from UTC by whole quarters of an hour since 1972. */
const SLOT_MS = 900_000;
const WHOLE_QUARTERS_SINCE = "1973-01-01T00:00:00Z";
const DAY_MS = 86_400_000;

export type SummaryGroup = readonly (string | boolean | null)[];

/**
 * Groups as rows: the slot's start in milliseconds if a bucket was asked for, the dimensions in order, the count. A slot is
 * the bucket itself where it has one width, else a part of it, which {@link summaryRows} adds up.
 * @param tables quoted, with their schema
 */
export function selectSummary(
  tables: { readonly events: string; readonly agents: string; readonly counts: CountTables },
  filter: ParsedAuditFilter,
  request: ParsedSummaryRequest,
): Statement {
  const bindings = new Bindings();
  const grouping = { slots: slot(request, bindings), count: "count(*)", agents: tables.agents };
  const groups = grouped(request, `${tables.events} AS e`, grouping, bindings);
  const stored = limited(request, groups(whereFilter(filter, bindings)));
  return { text: withDropped(tables, filter, request, stored, bindings), values: bindings.values };
}

/** The same groups, where some of the events are counted already. */
export function selectCountedSummary(
  tables: { readonly counts: CountTables; readonly agents: string },
  filter: ParsedAuditFilter,
  request: ParsedSummaryRequest,
  { plan, state }: { readonly plan: CountPlan; readonly state: CountState },
): Statement {
  const bindings = new Bindings();
  const [start] = slot(request, bindings);
  const members = request.dimensions.map((one) => (one.kind === "event" ? one.field : "agentId"));
  const columns = [...new Set(members)].map((member) => AUDIT_COLUMN_OF[member]);
  const counted = selectCounted(tables.counts, { filter, columns, slot: start }, plan, state, bindings);
  const grouping = {
    slots: start === undefined ? [] : ["e.ts"],
    count: "coalesce(sum(e.events), 0)::bigint",
    agents: tables.agents,
    // Of a group, all that the cells count may be subtracted.
    having: plan.subtracted.length === 0 ? "" : "HAVING sum(e.events) > 0",
  };
  const stored = limited(request, grouped(request, `(${counted}) AS e`, grouping, bindings)(""));
  return { text: withDropped(tables, filter, request, stored, bindings), values: bindings.values };
}

/** The same groups, and those of dropped events where they are asked for: to be added up. */
function withDropped(
  tables: { readonly counts: CountTables; readonly agents: string },
  filter: ParsedAuditFilter,
  request: ParsedSummaryRequest,
  stored: string,
  bindings: Bindings,
): string {
  if (!request.includeDropped) return stored;
  const dropped = selectDropped(tables.counts, filter, planDropped(filter, request), bindings);
  const grouping = {
    slots: slot(request, bindings),
    count: "coalesce(sum(e.events), 0)::bigint",
    agents: tables.agents,
  };
  const counted = limited(request, grouped(request, `(${dropped}) AS e`, grouping, bindings)(""));
  return `SELECT * FROM (${stored}) AS stored UNION ALL SELECT * FROM (${counted}) AS dropped`;
}

/** How many events there are, where some are counted already. */
export function selectCountedEvents(
  tables: CountTables,
  filter: ParsedAuditFilter,
  { plan, state }: { readonly plan: CountPlan; readonly state: CountState },
): Statement {
  const bindings = new Bindings();
  const counted = selectCounted(tables, { filter, columns: [] }, plan, state, bindings);
  return { text: `SELECT coalesce(sum(e.events), 0)::bigint FROM (${counted}) AS e`, values: bindings.values };
}

interface Grouping {
  readonly slots: readonly string[];
  readonly count: string;
  readonly agents: string;
  /** Which groups there are. @default all */
  readonly having?: string;
}

/** @param from the events, with the alias `e` */
function grouped(
  request: ParsedSummaryRequest,
  from: string,
  { slots, count, agents, having = "" }: Grouping,
  bindings: Bindings,
): (where: string) => string {
  const dimensions = request.dimensions.map((dimension) => column(dimension, bindings));
  const select = [...slots.map((start) => `(extract(epoch FROM ${start}) * 1000)::bigint`), ...dimensions, count];
  const groups = [...slots, ...dimensions];
  const isJoined = request.dimensions.some(({ kind }) => kind === "agent_metadata");
  const joined = isJoined ? `${from} LEFT JOIN ${agents} AS a ON a.agent_id = e.agent_id` : from;
  const groupBy = groups.length === 0 ? "" : `GROUP BY ${groups.join(", ")} ${having}`;
  return (where) => `SELECT ${select.join(", ")} FROM ${joined} ${where} ${groupBy}`;
}

function limited(request: ParsedSummaryRequest, text: string): string {
  // Parts of buckets are more rows than groups; what counts in the end is checked when they are added up.
  if (!isExact(request)) return text;
  // The server takes each time for a group of its own. With the limit in sight it would sort all rows, on the disk and with
  // workers that may not be there, to stop early; so it does not see it.
  return `WITH counted AS MATERIALIZED (${text}) SELECT * FROM counted LIMIT ${request.maxGroups + 1}`;
}

export function summaryRows(request: ParsedSummaryRequest, groups: readonly SummaryGroup[]): SummaryRow[] {
  const builder = new SummaryBuilder(request);
  const first = request.bucket === undefined ? 0 : 1;
  for (const group of groups) {
    const bucket = request.bucket?.startOf(Number(group[0]));
    const key = request.dimensions.map(({ kind }, i) => {
      const value = group[first + i] ?? null;
      return kind === "agent_metadata" ? metadataKey(value) : value;
    });
    builder.add(bucket, key, Number(group.at(-1)));
  }
  return builder.rows();
}

/** Metadata may hold texts that are no keys on any backend. */
function metadataKey(stored: string | boolean | null): string | null {
  if (typeof stored !== "string") return null;
  const value = fromStoredText(stored);
  return textProblem(value) === undefined ? value : null;
}

/** Whether each row of the answer is a whole group. */
function isExact({ bucket }: ParsedSummaryRequest): boolean {
  return bucket === undefined || (bucket.timeZone === "UTC" && bucket.unit.kind !== "month");
}

/** The start of the slot of an event, as a timestamp; none without a bucket. */
function slot(request: ParsedSummaryRequest, bindings: Bindings): string[] {
  const { bucket } = request;
  if (bucket === undefined) return [];
  if (isExact(request)) {
    const origin = bucket.startOf(0);
    return [binned(bucket.next(origin) - origin, origin, bindings)];
  }
  if (bucket.timeZone === "UTC") return [binned(DAY_MS, 0, bindings)];
  const width = bucket.unit.kind === "fixed" ? greatestCommonDivisor(SLOT_MS, bucket.unit.ms) : SLOT_MS;
  return [`CASE WHEN e.ts < '${WHOLE_QUARTERS_SINCE}' THEN e.ts ELSE ${binned(width, 0, bindings)} END`];
}

function binned(widthMs: number, originMs: number, bindings: Bindings): string {
  const width = bindings.bind(`${widthMs} milliseconds`, "interval");
  return `date_bin(${width}, e.ts, ${bindings.bind(toTimestamp(originMs), "timestamptz")})`;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function column(dimension: ParsedDimension, bindings: Bindings): string {
  if (dimension.kind === "event") return `e.${AUDIT_COLUMN_OF[dimension.field]}`;
  const key = bindings.bind(toStoredText(dimension.key), "text");
  return `CASE WHEN jsonb_typeof(a.metadata -> ${key}) = 'string' THEN a.metadata ->> ${key} END`;
}
