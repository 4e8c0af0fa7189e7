import type {
  AuditFilter,
  AuditStore,
  ExplainedSpan,
  SummaryExplanation,
  SummaryRequest,
  SummaryRow,
} from "@agent-assembly/storage-core";
import { parseBucket, SummaryBuilder } from "@agent-assembly/storage-core/backend";

/** A summary, and whether all that matches is counted. */
export interface BudgetedSummary {
  readonly items: SummaryRow[];
  /** Whether older events are not counted. */
  readonly lowerBound: boolean;
  /** Only of a lower bound. */
  readonly countedFrom?: Date;
}

/** How long counting may take, in milliseconds, and the clock that says so. */
export interface Budget {
  readonly budgetMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** An hour at each end of a range. */
const EDGES_MS = 2 * HOUR_MS;
/** The first slice, the newest one. */
const FIRST_MS = HOUR_MS;
/** A slice is at most so many times the one before it. */
const GROWTH = 4;
/** As many groups as a store's own limit allows. */
const MAX_GROUPS = 100_000;

/**
 * Counts slice by slice, from the newest events back, until the budget is used up: a call to a store cannot be cut short,
 * but a question can be asked in parts. A filter that the kept counts answer is asked in one.
 * @throws as `summarize` does
 */
export async function summarizeWithin(
  audit: AuditStore,
  filter: AuditFilter,
  request: SummaryRequest,
  { budgetMs, now }: Budget,
): Promise<BudgetedSummary> {
  const explained = await audit.explain(filter, request);
  const oldest = filter.from ?? (await oldestTime(audit));
  if (oldest === undefined || isQuick(explained, { from: oldest, to: new Date(now()) })) {
    return { items: await audit.summarize(filter, request), lowerBound: false };
  }
  const start = performance.now();
  const elapsed = (): number => performance.now() - start;
  const sums = builderOf(request);
  // Clocks of senders may be ahead.
  let to = filter.to;
  let end = Math.min(filter.to?.getTime() ?? Number.POSITIVE_INFINITY, now());
  let width = FIRST_MS;
  while (true) {
    const from = new Date(Math.max(oldest.getTime(), sliceStart(end - width, width)));
    const before = elapsed();
    for (const { bucket, key, count } of await audit.summarize({ ...filter, from, to }, request)) {
      sums.add(bucket?.getTime(), Object.values(key), count);
    }
    if (from.getTime() <= oldest.getTime()) return { items: sums.rows(), lowerBound: false };
    const took = elapsed() - before;
    const remaining = budgetMs - elapsed();
    if (remaining <= took) return { items: sums.rows(), lowerBound: true, countedFrom: from };
    // What a slice takes grows with its width, about.
    width = Math.max(FIRST_MS, width * Math.min(GROWTH, remaining / (2 * Math.max(took, 1))));
    to = from;
    end = from.getTime();
  }
}

/**
 * Whether kept counts answer nearly all of it: only the events of its edges are read one by one, and those next to them that are
 * taken off the counts. Those that are not counted yet are read for each slice, so that slices would not help.
 */
function isQuick({ events, subtracted = [] }: SummaryExplanation, range: ExplainedSpan): boolean {
  const end = range.to.getTime();
  const lengthOf = (spans: readonly ExplainedSpan[], start: number): number =>
    spans.reduce((sum, { from, to }) => {
      const length = Math.min(to.getTime(), end) - Math.max(from.getTime(), start);
      return sum + Math.max(0, length);
    }, 0);
  return lengthOf(events, range.from.getTime()) + lengthOf(subtracted, Number.NEGATIVE_INFINITY) <= EDGES_MS;
}

/** Whole hours and days are counted already. */
function sliceStart(ms: number, width: number): number {
  const unit = width >= DAY_MS ? DAY_MS : HOUR_MS;
  return Math.floor(ms / unit) * unit;
}

async function oldestTime(audit: AuditStore): Promise<Date | undefined> {
  const { items } = await audit.query({}, { order: "oldest", limit: 1 });
  return items[0]?.ts;
}

function builderOf({ bucket, groupBy = [] }: SummaryRequest): SummaryBuilder {
  return new SummaryBuilder({
    bucket: bucket === undefined ? undefined : parseBucket(bucket),
    // Only the names are used for adding up.
    dimensions: groupBy.map((name) => ({ name, kind: "agent_metadata", key: name })),
    includeDropped: false,
    maxGroups: MAX_GROUPS,
  });
}
