import { type ProblemError, problem } from "../http/problem.js";

/** Records, or points of metrics, in one request. */
export const MAX_ITEMS = 10_000;
/** Attributes, items of lists and members of maps in one request: what is decoded takes more memory than its bytes. */
export const MAX_VALUES = 500_000;
/** Lists and maps within each other in one attribute. */
export const MAX_DEPTH = 64;

/** A body that is no request. @param reason about the body, without a value of it */
export function undecodable(reason: string): ProblemError {
  return problem("invalid_argument", `the body ${reason}`, { remedy: "Send an export request of OTLP for this path." });
}

export function tooManyItems(): ProblemError {
  return undecodable(`has more than ${MAX_ITEMS} items; send fewer in each request`);
}

export function tooManyValues(): ProblemError {
  return undecodable(`has more than ${MAX_VALUES} attributes and values; send fewer items in each request`);
}

export function tooDeep(): ProblemError {
  return undecodable(`has values that are nested deeper than ${MAX_DEPTH} levels`);
}
