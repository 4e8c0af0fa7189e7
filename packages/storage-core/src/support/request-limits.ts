import { StorageError } from "../errors.js";

/**
 * What one call may ask for, the same on every backend. A call beyond a limit is refused with `too_large` before any driver
 * sees it, so that the work of a call is bounded by the rows it reads and not by what its caller wrote.
 */
export const REQUEST_LIMITS = Object.freeze({
  /** Values of one member of a filter, such as `agentId`, repetitions included. */
  filterValues: 1000,
  /** Members of `filter.payload`. */
  payloadConditions: 100,
  /** UTF-8 bytes of all texts of one filter. */
  filterBytes: 1024 * 1024,
  /** Dimensions of `groupBy`, and of `by`. */
  dimensions: 32,
  /** Filters in each list of a selection. */
  selectionFilters: 1000,
  /** UTF-8 bytes of all texts of one selection. */
  selectionBytes: 8 * 1024 * 1024,
  /** Partitions and slices of one call of `retentionSupport.measureAll`. */
  measuredSlices: 1000,
  /** Events of one call of `partitions.restore`. */
  restoredEvents: 10_000,
  /** Rules of a retention policy. */
  retentionRules: 100,
});

/**
 * @param option path of the argument
 * @param what is counted, in the plural
 * @throws `too_large` for more than `most`
 */
export function checkCount(option: string, what: string, count: number, most: number, remedy?: string): void {
  if (count > most) throw tooLarge(option, `has ${count} ${what}, more than the accepted ${most}`, remedy);
}

/** @param what takes so many bytes, as the subject of the sentence. @throws `too_large` */
export function checkBytes(option: string, what: string, bytes: number, most: number, remedy?: string): void {
  if (bytes > most) throw tooLarge(option, `${what} ${bytes} bytes, more than the accepted ${most}`, remedy);
}

/** @param problem the rest of the sentence that begins with the option */
export function tooLarge(option: string, problem: string, remedy?: string): StorageError {
  return new StorageError({ code: "too_large", option, message: `{option} ${problem}`, remedy });
}
