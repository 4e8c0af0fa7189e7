import type { PageRequest } from "@agent-assembly/storage-core";
import {
  checkKeys,
  checkObject,
  describeShape,
  invalidArgument,
  parseInteger,
} from "@agent-assembly/storage-core/backend";

/** Of a token, as the API takes it. */
const MOST_CHARACTERS = 4096;

/** Adds a page to a query. @throws StorageError `invalid_argument` */
export function setPage(query: URLSearchParams, page: PageRequest): void {
  checkObject("page", page);
  checkKeys("page", page, ["limit", "cursor"]);
  if (page.limit !== undefined) query.set("limit", String(parseInteger("page.limit", page.limit, 1, 1000)));
  if (page.cursor !== undefined) query.set("cursor", checkCursor(page.cursor));
}

/** @throws StorageError `invalid_argument` unless it is a text */
export function checkCursor(cursor: unknown): string {
  if (typeof cursor === "string" && cursor.length <= MOST_CHARACTERS) return cursor;
  throw invalidArgument("page.cursor", `must be the next of a page, got ${describeShape(cursor)}`);
}
