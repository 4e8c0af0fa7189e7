import { invalidArgument } from "../../errors.js";
import type { ParsedAuditFilter } from "../filter.js";
import type { ParsedSummaryRequest } from "../summary.js";
import { COUNT_DIMENSIONS } from "./cubes.js";
import { countDimensionsOf, planCounts } from "./plan.js";

const DAY_MS = 86_400_000;

/**
 * Refuses what cannot be said of dropped events, so that no answer lacks them in silence.
 * @throws `invalid_argument` that names the part of the question
 */
export function requireCountsOfDropped(filter: ParsedAuditFilter, request: ParsedSummaryRequest): void {
  const kept = `counts of dropped events are kept by ${COUNT_DIMENSIONS.join(", ")}`;
  if (countDimensionsOf(filter) === undefined) {
    throw refused(`cannot be answered with this filter: ${kept}`, "Filter by those only");
  }
  for (const { name, ...dimension } of request.dimensions) {
    if (dimension.kind === "event" && !(COUNT_DIMENSIONS as readonly string[]).includes(dimension.field)) {
      throw refused(`cannot be answered by ${name}: ${kept}`, "Group by those only");
    }
  }
  const { bucket } = request;
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
  if ((filter.from ?? 0) < (filter.to ?? 1) && planCounts(filter, request)?.rows.length !== 0) {
    throw refused("cannot be answered from the counts of days", "Ask for whole days in UTC");
  }
}

function refused(problem: string, remedy: string): Error {
  return invalidArgument("request.includeDropped", problem, `${remedy}, or leave {option} out.`);
}
