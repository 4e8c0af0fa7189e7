import type { Cursor } from "./opaque.js";

/** Default number of items of a page. */
export const DEFAULT_PAGE_LIMIT = 100;
/** Largest page a caller may ask for; use a `stream` for more. */
export const MAX_PAGE_LIMIT = 1000;

/** Which page of a list to read. */
export interface PageRequest {
  /** 1 to {@link MAX_PAGE_LIMIT}; default {@link DEFAULT_PAGE_LIMIT}. */
  readonly limit?: number | undefined;
  /** The `next` of the previous page, with the same filter and order. */
  readonly cursor?: Cursor | undefined;
}

/** One page of a list. */
export interface Page<T> {
  readonly items: T[];
  /** Cursor of the following page; absent on the last one. */
  readonly next?: Cursor;
}
