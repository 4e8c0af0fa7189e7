import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { parseUuid } from "../support/ids.js";
import { checkKeys, checkObject, oneOrMany, parseBoolean, parseDate, parseTexts } from "../support/input.js";
import {
  type JsonScalar,
  type JsonValue,
  MAX_JSON_DEPTH,
  parseJsonPointer,
  resolveJsonPointer,
} from "../support/json.js";
import { checkBytes, checkCount, REQUEST_LIMITS } from "../support/request-limits.js";
import { AUDIT_TEXT_FIELDS, type AuditTextField } from "./columns.js";
import type { AuditEventRow } from "./row.js";
import type { AuditFilter } from "./store.js";

/** A member of the payload, named by a JSON pointer (RFC 6901), that must equal a value. */
export interface PayloadCondition {
  readonly pointer: string;
  /** The pointer's unescaped reference tokens. */
  readonly tokens: readonly string[];
  readonly value: JsonScalar;
}

/** A checked filter; times in milliseconds since the epoch. */
export interface ParsedAuditFilter {
  /** Inclusive. */
  readonly from: number | undefined;
  /** Exclusive. */
  readonly to: number | undefined;
  /** Sorted, distinct; no values: nothing matches. */
  readonly texts: readonly { readonly field: AuditTextField; readonly values: readonly string[] }[];
  readonly dryRun: boolean | undefined;
  readonly payload: readonly PayloadCondition[];
}

const FILTER_KEYS: readonly string[] = ["from", "to", ...AUDIT_TEXT_FIELDS, "dryRun", "payload"];

/**
 * @param what names the filter in errors.
 * @throws `invalid_argument` for an unknown key or a wrong type; `too_large` beyond {@link REQUEST_LIMITS}
 */
export function parseAuditFilter(filter: AuditFilter = {}, what = "filter"): ParsedAuditFilter {
  checkObject(what, filter);
  checkKeys(what, filter, FILTER_KEYS);
  // A loop: a page of a hundred events waits for this.
  const texts: { readonly field: AuditTextField; readonly values: readonly string[] }[] = [];
  for (const field of AUDIT_TEXT_FIELDS) {
    const value = filter[field];
    if (value === undefined) continue;
    const values = field === "eventId" ? parseEventIds(what, value) : parseTexts(`${what}.${field}`, value);
    texts.push({ field, values: values.length > 1 ? values.sort() : values });
  }
  const parsed: ParsedAuditFilter = {
    from: filter.from === undefined ? undefined : parseDate(`${what}.from`, filter.from),
    to: filter.to === undefined ? undefined : parseDate(`${what}.to`, filter.to),
    texts,
    dryRun: filter.dryRun === undefined ? undefined : parseBoolean(`${what}.dryRun`, filter.dryRun),
    payload: parsePayload(what, filter.payload),
  };
  checkBytes(what, "holds texts of", textBytes(parsed), REQUEST_LIMITS.filterBytes, "Ask in parts.");
  return parsed;
}

/** UTF-8 bytes of all texts of a filter. */
export function textBytes({ texts, payload }: ParsedAuditFilter): number {
  let bytes = 0;
  for (const { values } of texts) for (const value of values) bytes += Buffer.byteLength(value);
  for (const { pointer, value } of payload) {
    bytes += Buffer.byteLength(pointer) + (typeof value === "string" ? Buffer.byteLength(value) : 0);
  }
  return bytes;
}

/** A stable text form, for binding cursors. */
export function filterScope(filter: ParsedAuditFilter): string {
  return JSON.stringify([filter.from, filter.to, filter.texts, filter.dryRun, filter.payload]);
}

/** @returns whether the filter selects the event; `null` members match no value */
export function matchesAuditFilter(filter: ParsedAuditFilter, event: AuditEventRow): boolean {
  if (filter.from !== undefined && event.ts < filter.from) return false;
  if (filter.to !== undefined && event.ts >= filter.to) return false;
  if (filter.dryRun !== undefined && event.dryRun !== filter.dryRun) return false;
  for (const { field, values } of filter.texts) {
    const value = event[field];
    if (value === null || !values.includes(value)) return false;
  }
  return filter.payload.length === 0 || matchesPayload(filter.payload, event.payload);
}

/**
 * Whether a payload meets all conditions.
 * @param text the stored JSON text, or `null` without a payload
 */
export function matchesPayload(conditions: readonly PayloadCondition[], text: string | null): boolean {
  if (text === null) return conditions.length === 0;
  const payload = JSON.parse(text) as JsonValue;
  return conditions.every(({ tokens, value }) => resolveJsonPointer(payload, tokens) === value);
}

function parseEventIds(what: string, value: unknown): string[] {
  // Not map(), which passes over holes.
  const ids = Array.from(oneOrMany(`${what}.eventId`, value), (item) => {
    const id = parseUuid(item);
    if (id === undefined) throw invalidArgument(`${what}.eventId`, `must be a UUID, got ${describeShape(item)}`);
    return id;
  });
  return [...new Set(ids)];
}

function parsePayload(what: string, payload: unknown): PayloadCondition[] {
  if (payload === undefined) return [];
  checkObject(`${what}.payload`, payload);
  const conditions = Object.entries(payload);
  checkCount(`${what}.payload`, "conditions", conditions.length, REQUEST_LIMITS.payloadConditions);
  return conditions
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([pointer, value]) => {
      const tokens = parseJsonPointer(pointer);
      if (tokens === undefined) {
        throw invalidArgument(
          `${what}.payload`,
          `has a key that is no JSON Pointer (${describeShape(pointer)})`,
          'Write it like "/arguments/user_id".',
        );
      }
      checkCount(`${what}.payload`, "levels in a key", tokens.length, MAX_JSON_DEPTH);
      const scalar =
        value === null ||
        typeof value === "string" ||
        typeof value === "boolean" ||
        (typeof value === "number" && Number.isFinite(value));
      if (!scalar) {
        throw invalidArgument(
          `${what}.payload`,
          `values must be a string, a finite number, true, false or null; got ${describeShape(value)}`,
        );
      }
      // -0 and 0 are one JSON number.
      return { pointer, tokens, value: (value === 0 ? 0 : value) as JsonScalar };
    });
}
