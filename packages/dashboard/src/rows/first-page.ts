import type { Query } from "../server/client.js";

/** Rows that one request brings. */
export const PAGE = 200;

/**
 * The request that a list of events begins with.
 * @param query the filter with its time range
 * @param before the newest event before this time comes first, ISO 8601; default the newest of all
 */
export function firstPage(query: Query, before?: string): Query & { readonly limit: number } {
  return { ...query, ...(before === undefined ? {} : { to: before }), order: "newest", limit: PAGE };
}
