import { MAX_TIME_MS, MIN_TIME_MS } from "../../support/time-range.js";
import type { ParsedAuditFilter } from "../filter.js";
import type { ExplainedSpan, SummaryExplanation } from "../store.js";
import type { CountPlan } from "./plan.js";

/** How a driver answers: with a plan of kept counts, or from events alone. */
export interface AnswerSource {
  readonly plan: CountPlan | undefined;
  /** Events of the log that the counts do not include yet. */
  readonly uncounted: number;
}

export function explain(filter: ParsedAuditFilter, { plan, uncounted }: AnswerSource): SummaryExplanation {
  if (plan === undefined) {
    const all = { from: filter.from ?? MIN_TIME_MS, to: filter.to ?? MAX_TIME_MS + 1 };
    return { source: "events", countedBy: [], counts: [], events: [dated(all)], uncounted: 0 };
  }
  return {
    source: plan.rows.length + plan.subtracted.length + uncounted === 0 ? "counts" : "both",
    countedBy: plan.cube.dimensions,
    counts: plan.cells.map(({ level, ...span }) => ({ by: level, ...dated(span) })),
    ...(plan.subtracted.length > 0 && { subtracted: plan.subtracted.map(dated) }),
    events: plan.rows.map(dated),
    uncounted,
  };
}

function dated({ from, to }: { readonly from: number; readonly to: number }): ExplainedSpan {
  return { from: new Date(from), to: new Date(to) };
}
