import { AUDIT_EVENT_COLUMNS } from "../../audit/columns.js";
import type { AuditEvent } from "../../audit/event.js";
import type { AuditFilter, AuditStore, SummaryDimension } from "../../audit/store.js";
import { toolOf } from "../../audit/tool.js";
import { invalidArgument } from "../../errors.js";
import { didYouMean } from "../../support/suggest.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../../support/time-range.js";
import type { ParsedMetricDimension, ParsedMetricLabelValues, ParsedMetricQuery } from "../driver/parse-query.js";
import { SeriesBuilder } from "../driver/series-builder.js";
import { emptyTotals, percentileOf } from "../driver/totals.js";
import type { EventMetric } from "../event-metrics.js";

/** What metrics read of the audit log. */
export type EventLog = Pick<AuditStore, "summarize" | "stream">;

const METADATA_PREFIX = "agent.metadata.";

/** The labels of metrics that come from events: what summaries count by, but for the agent and the team, which samples have too. */
export const EVENT_LABELS: readonly string[] = AUDIT_EVENT_COLUMNS.flatMap((column) =>
  "dimension" in column && column.member !== "agentId" && column.member !== "teamId" ? [column.member] : [],
);

/** The members of a request that name labels, as paths for errors. */
export interface LabelOptions {
  readonly groupBy: string;
  readonly labels: string;
}

const QUERY_OPTIONS: LabelOptions = { groupBy: "query.groupBy", labels: "query.labels" };

/**
 * Adds the events that are samples of the builder's metric.
 * @throws `invalid_argument` for a label that events do not have
 */
export async function collectEvents(
  log: EventLog,
  metric: EventMetric,
  builder: SeriesBuilder,
  options: LabelOptions = QUERY_OPTIONS,
): Promise<void> {
  const { query } = builder;
  const dimensions = query.groupBy.map((dimension) => summaryDimension(dimension, options));
  const filter = filterOf(metric, query, options);
  if (filter === undefined) return;
  if (metric.payloadMember !== undefined) {
    for (const dimension of dimensions) {
      if (dimension.startsWith(METADATA_PREFIX)) {
        throw invalidArgument(options.groupBy, `cannot group ${metric.name} by labels.${dimension}`);
      }
    }
    for await (const event of log.stream(filter)) {
      const value = payloadValue(event, metric.payloadMember);
      if (value !== undefined) builder.addSample(sampleOf(event, value));
    }
    return;
  }
  const { bucket } = query;
  const rows = await log.summarize(filter, {
    groupBy: dimensions,
    ...(bucket === undefined ? {} : { bucket: { every: bucket.every, timeZone: bucket.timeZone } }),
  });
  builder.expectPoints(rows.length);
  for (const { bucket: start, key, count } of rows) {
    // A summary by nothing has a row also where no event matched, but series are made of samples.
    if (count === 0) continue;
    const ts = start?.getTime() ?? query.from;
    const of = membersOf(query.groupBy, Object.values(key));
    // All values are 1, and so are their percentiles.
    if (percentileOf(query.aggregate) !== undefined) builder.addSample({ ts, value: 1, ...of });
    else {
      builder.addTotals(ts, of, { ...emptyTotals(), count, sum: count, min: 1, max: 1, lastTs: ts, lastValue: 1 });
    }
  }
}

function summaryDimension(dimension: ParsedMetricDimension, options: LabelOptions): SummaryDimension {
  if (dimension.kind !== "label") return dimension.kind;
  const { label } = dimension;
  if (!EVENT_LABELS.includes(label) && !label.startsWith(METADATA_PREFIX)) throw unknownLabel(options.groupBy, label);
  return label as SummaryDimension;
}

/** @returns `undefined` when no event can match */
function filterOf(metric: EventMetric, query: ParsedMetricQuery, options: LabelOptions): AuditFilter | undefined {
  const conditions: Record<string, unknown> = {
    from: new Date(query.from),
    to: new Date(query.to),
    agentId: query.agentIds,
    teamId: query.teamIds,
    action: metric.action,
    decision: metric.decisions,
  };
  for (const [label, value] of Object.entries(query.labels)) {
    if (!EVENT_LABELS.includes(label)) throw unknownLabel(options.labels, label);
    if (label === "dryRun") {
      if (value !== "true" && value !== "false") return undefined;
      conditions.dryRun = value === "true";
    } else {
      const fixed = conditions[label];
      if (fixed !== undefined && ![fixed].flat().includes(value)) return undefined;
      conditions[label] = value;
    }
  }
  return Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined)) as AuditFilter;
}

function unknownLabel(option: string, label: string): Error {
  const shown = label.length <= 60 ? label : `${label.slice(0, 60)}…`;
  return invalidArgument(
    option,
    `names the label ${JSON.stringify(shown)}, which events do not have.${didYouMean(shown, EVENT_LABELS)} Known: ${EVENT_LABELS.join(", ")}`,
  );
}

type Members = { agentId: string | null; teamId: string | null; labels: Record<string, string> };

function membersOf(groupBy: readonly ParsedMetricDimension[], key: readonly (string | boolean | null)[]): Members {
  const members: Members = { agentId: null, teamId: null, labels: Object.create(null) as Record<string, string> };
  for (const [i, dimension] of groupBy.entries()) {
    const value = key[i] as string | boolean | null;
    if (dimension.kind !== "label") members[dimension.kind] = value === null ? null : String(value);
    else if (value !== null) members.labels[dimension.label] = String(value);
  }
  return members;
}

function payloadValue({ payload }: AuditEvent, member: string): number | undefined {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return undefined;
  const value = Object.hasOwn(payload, member) ? (payload as Record<string, unknown>)[member] : undefined;
  return typeof value === "number" && value >= 0 ? value : undefined;
}

function sampleOf(event: AuditEvent, value: number): Parameters<SeriesBuilder["addSample"]>[0] {
  const labels: Record<string, string> = {};
  for (const label of EVENT_LABELS) {
    const member: unknown = label === "tool" ? toolOf(event.payload) : Reflect.get(event, label);
    if (member !== undefined && member !== null) labels[label] = String(member);
  }
  return { ts: event.ts.getTime(), value, agentId: event.agentId, teamId: event.teamId ?? null, labels };
}

/** The values that the events of a metric have in one dimension, which are counted in the log. */
export async function eventLabelValues(
  log: EventLog,
  metric: EventMetric,
  { by, limit }: ParsedMetricLabelValues,
): Promise<{ readonly values: readonly (readonly [string | null, number])[]; readonly total: number }> {
  const builder = new SeriesBuilder({
    metric: metric.name,
    agentIds: undefined,
    teamIds: undefined,
    labels: {},
    from: MIN_TIME_MS,
    to: MAX_TIME_MS,
    bucket: undefined,
    aggregate: "count",
    groupBy: [by],
    keys: undefined,
    decimals: undefined,
  });
  await collectEvents(log, metric, builder, { groupBy: "request.by", labels: "request.labels" });
  const values = builder
    .groups()
    .map(({ key, buckets }): [string | null, number] => [
      key[0] as string | null,
      [...buckets.values()][0]?.samples ?? 0,
    ])
    .sort((a, b) => b[1] - a[1]);
  return { values: values.slice(0, limit), total: values.length };
}
