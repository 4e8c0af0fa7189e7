import { invalidArgument } from "../../errors.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../../support/time-range.js";
import type { ParsedAuditFilter } from "../filter.js";
import type { ParsedSummaryRequest } from "../summary.js";
import { COUNT_DIMENSIONS } from "./cubes.js";
import { type CellSpan, countDimensionsOf, coverSpan } from "./plan.js";

const DAY_MS = 86_400_000;

/**
 * The counts of dropped events that a summary is made of, besides the events that are there. They are kept by UTC day and month,
 * and by all of {@link COUNT_DIMENSIONS}. Refuses what they do not say, so that no answer lacks them in silence.
 * @returns ascending spans of days and months, each within one bucket
 * @throws `invalid_argument` that names the part of the question
 */
export function planDropped(filter: ParsedAuditFilter, { dimensions, bucket }: ParsedSummaryRequest): CellSpan[] {
  const kept = `counts of dropped events are kept by ${COUNT_DIMENSIONS.join(", ")}`;
  if (countDimensionsOf(filter) === undefined) {
    throw refused(`cannot be answered with this filter: ${kept}`, "Filter by those only");
  }
  for (const { name, ...dimension } of dimensions) {
    if (dimension.kind === "event" && !(COUNT_DIMENSIONS as readonly string[]).includes(dimension.field)) {
      throw refused(`cannot be answered by ${name}: ${kept}`, "Group by those only");
    }
  }
  if (bucket !== undefined && (bucket.timeZone !== "UTC" || bucket.unit.kind === "fixed")) {
    const asked = `${bucket.every} in ${bucket.timeZone}`;
    throw refused(`cannot be answered for buckets of ${asked}`, "Ask for 1d, 1w or 1mo in UTC");
  }
  for (const member of ["from", "to"] as const) {
    const ms = filter[member];
    if (ms === undefined || ms % DAY_MS === 0) continue;
    const time = new Date(ms).toISOString();
    throw refused(`cannot be answered for a part of a day: filter.${member} is ${time}`, "Give midnights in UTC");
  }
  const span = { from: filter.from ?? MIN_TIME_MS, to: filter.to ?? MAX_TIME_MS + 1 };
  const byMonth = bucket === undefined || bucket.unit.kind === "month";
  return coverSpan(span, byMonth ? ["month", "day"] : ["day"]).cells;
}

function refused(problem: string, remedy: string): Error {
  return invalidArgument("request.includeDropped", problem, `${remedy}, or leave {option} out.`);
}
