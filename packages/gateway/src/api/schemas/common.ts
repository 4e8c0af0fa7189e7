import { DEFAULT_PAGE_LIMIT, type JsonObject, type JsonValue, MAX_PAGE_LIMIT } from "@agent-assembly/storage-core";
import { z } from "zod";

/** A text that every store can hold. */
export const text = z.string().min(1).max(512);

/** A time in a request; digits beyond milliseconds are cut. */
export const instant = z.iso
  .datetime({ offset: true })
  .transform((value) => new Date(value))
  .describe("ISO 8601 with a zone, such as 2026-11-30T12:00:00Z");

/** A time in an answer: UTC, milliseconds. */
export const time = z.iso.datetime({ precision: 3 });

/** Whole and not negative. */
export const count = z.int().min(0);

/** Any JSON value. It is passed on as it was sent: a schema that goes into it would drop a member named `__proto__`. */
export const json = z
  .unknown()
  .refine((value) => value !== undefined, "is missing")
  .meta({ id: "JsonValue", description: "Any JSON value." }) as unknown as z.ZodType<JsonValue>;

/** A JSON object, passed on as it was sent. */
export const jsonObject = z
  .unknown()
  .refine((value) => typeof value === "object" && value !== null && !Array.isArray(value), "must be an object")
  .meta({ type: "object", additionalProperties: true }) as unknown as z.ZodType<JsonObject>;

/** One value, or any of several: the parameter may be given more than once. */
export const anyOf = z.array(text).max(1000).describe("Any of these values; repeat the parameter for several");

/** Why a change is made; recorded with it. */
export const reason = text.describe("Why; recorded with the change");

/** Which page of a list. */
export const pageQuery = {
  limit: z.int().min(1).max(MAX_PAGE_LIMIT).optional().describe(`Items of a page; default ${DEFAULT_PAGE_LIMIT}`),
  cursor: z.string().max(4096).optional().describe("The `next` of the page before, with the same filter and order"),
};

/** A page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().optional().describe("Cursor of the following page; absent on the last one"),
  });
}

/** A whole list. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item) });
}

/** A regular division of time, in a query. */
export const bucketQuery = {
  every: z
    .string()
    .max(10)
    .optional()
    .describe("Length of a bucket, such as 5m, 1h, 1d, 1w or 1mo; default: no buckets"),
  timeZone: z.string().max(64).optional().describe("IANA name in which days begin, such as Europe/Berlin; default UTC"),
};

/** What an error is answered with (RFC 9457). */
export const problem = z
  .looseObject({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    code: z.string().describe("Closed list; see StorageErrorCode. Programs decide by it"),
    detail: z.string().describe("What happened, for people; never a stored value"),
    retryable: z.boolean().describe("Whether the same request can succeed later"),
    option: z.string().optional().describe("The parameter or member at fault"),
    remedy: z.string().optional().describe("What to do"),
  })
  .meta({ id: "Problem", description: "An error (RFC 9457)." });
