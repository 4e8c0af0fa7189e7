import { isSchemaName, SCHEMA_NAMES } from "@agent-assembly/storage-core/backend";
import * as z from "zod/mini";
import { urlOf } from "./fields.js";

/** Of a fixed length, since chunks have one: no months. */
export const interval = z
  .string()
  .check(z.regex(/^[1-9]\d{0,5} (minute|hour|day|week)s?$/, 'an interval such as "7 days", "12 hours" or "1 week"'));

/** Of PostgreSQL. */
export const schemaName = z.string().check(z.refine(isSchemaName, SCHEMA_NAMES));

/** Of the keys in Redis. */
export const prefix = z.string().check(z.regex(/^[\w.:-]{1,64}$/, 'at most 64 letters, digits and "_", ".", "-", ":"'));

/** A part of a whole. */
export const share = z.custom<number>(
  (value) => typeof value === "number" && value > 0 && value <= 1,
  "a number above 0, up to 1",
);

/** A server, and perhaps the number of a database. */
export const redisUrl = urlOf(["redis:", "rediss:"]).check(
  z.refine((text) => {
    const { pathname, search, hash } = URL.canParse(text) ? new URL(text) : { pathname: "", search: "", hash: "" };
    return search === "" && hash === "" && /^(\/\d{0,5})?$/.test(pathname);
  }, "a URL such as redis://host:6379/2, with nothing or the number of a database after the host"),
);

/** A schedule of cron. */
export const schedule = z
  .string()
  .check(z.refine(isSchedule, 'five cron fields in UTC such as "0 3 * * *", that match a date'));

/** Croner takes a text with colons for a time, and throws another kind of error where it is none. */
const CRON = /^[\w*,/?#+ \t-]{1,256}$/;

async function isSchedule(line: string): Promise<boolean> {
  if (!CRON.test(line)) return false;
  // Loaded only where a schedule is given: the default needs no check.
  const { Cron } = await import("croner");
  try {
    return new Cron(line, { mode: "5-part", utcOffset: 0, paused: true }).nextRun() !== null;
  } catch (error) {
    // What croner says of a line names no key; the message of the schema does.
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}
