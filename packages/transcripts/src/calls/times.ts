import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { instantOfLocalTime } from "@agent-assembly/storage-core/backend";
import { isObject } from "./values.js";

/** A time as a source has it. */
export interface ReadTime {
  /** Milliseconds since the epoch; what is finer is cut off. */
  readonly ms: number;
  /** False for a time without a zone, which was read in the zone that was asked for. */
  readonly zoned: boolean;
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/i;
/** The same without its marks. */
const ISO_BASIC =
  /^(\d{4})(\d{2})(\d{2})T(\d{2})(?:(\d{2})(?:(\d{2})(?:[.,](\d+))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;
const RFC_2822 =
  /^(?:[a-z]{3},?\s+)?(\d{1,2})\s+([a-z]{3})[a-z]*\s+(\d{4})\s+(\d{2}):(\d{2})(?::(\d{2}))?\s*(Z|UTC|GMT|[+-]\d{4})?$/i;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const EPOCH = /^\d+(?:\.\d+)?$/;

/** 1973: smaller numbers are counters and years. */
const FIRST_SECOND = 1e8;

/**
 * Reads a time: ISO 8601 (with `T` or a space, with or without a zone), RFC 2822, or the time since the epoch as a number or
 * its text, whose size tells seconds, milliseconds, microseconds and nanoseconds apart.
 * @param timeZone IANA name, for times without a zone
 * @returns `undefined` when the value is no time
 */
export function readTime(value: JsonValue | undefined, timeZone: string): ReadTime | undefined {
  if (typeof value === "number") return fromEpoch(String(value));
  // As MongoDB exports it.
  if (isObject(value) && Object.keys(value).length === 1) {
    const { $date: date, $numberLong: long } = value;
    return date === undefined ? (typeof long === "string" ? fromEpoch(long) : undefined) : readTime(date, timeZone);
  }
  if (typeof value !== "string") return undefined;
  const utc = fromUtc(value);
  if (utc !== undefined) return { ms: utc, zoned: true };
  const text = value.trim().replace(/\u2212(?=[\d:]+$)/, "-");
  if (EPOCH.test(text)) return fromEpoch(text);
  const iso = ISO.exec(text) ?? ISO_BASIC.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour, minute, second, fraction = "", zone] = iso;
    return fromParts(
      [year, Number(month) - 1, day, hour, minute, second, fraction.slice(0, 3).padEnd(3, "0")],
      zone,
      timeZone,
    );
  }
  const mail = RFC_2822.exec(text);
  if (mail === null) return undefined;
  const [, day, month = "", year, hour, minute, second, zone] = mail;
  return fromParts([year, MONTHS.indexOf(month.toLowerCase()), day, hour, minute, second, 0], zone, timeZone);
}

const UTC_LENGTH = "2026-01-01T00:00:00.000Z".length;

/** A time as nearly all sources have it, `YYYY-MM-DDTHH:MM:SS.mmmZ`, in milliseconds; `undefined` for any other text. */
function fromUtc(text: string): number | undefined {
  if (text.length !== UTC_LENGTH || text.charCodeAt(10) !== 0x54 || text.charCodeAt(23) !== 0x5a) return undefined;
  if (text[4] !== "-" || text[7] !== "-" || text[13] !== ":" || text[16] !== ":" || text[19] !== ".") return undefined;
  const [month, day, hour] = [digits(text, 5, 7), digits(text, 8, 10), digits(text, 11, 13)];
  const [minute, second, ms] = [digits(text, 14, 16), digits(text, 17, 19), digits(text, 20, 23)];
  // Days that not every month has, leap seconds and hours past midnight are looked at more closely elsewhere.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59))
    return undefined;
  const year = digits(text, 0, 4);
  return year >= 100 && ms >= 0 ? Date.UTC(year, month - 1, day, hour, minute, second, ms) : undefined;
}

/** A whole number in a text; NaN where there is another character. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = 10 * value + digit;
  }
  return value;
}

type Part = string | number | undefined;

function fromParts(parts: readonly Part[], zone: string | undefined, timeZone: string): ReadTime | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = parts.map((part) =>
    Number(part ?? 0),
  );
  const local = Date.UTC(year, month, day, hour, minute, second, ms);
  const check = new Date(Date.UTC(year, month, day));
  // Date.UTC reads 30 February as 1 March, 25:00 as the next day, and years below 100 as 19xx.
  const same = check.getUTCFullYear() === year && check.getUTCMonth() === month && check.getUTCDate() === day;
  // 24:00 is the end of a day, and a minute may have a leap second.
  const endOfDay = hour === 24 && minute === 0 && second === 0 && ms === 0;
  if (!same || year < 100 || (hour > 23 && !endOfDay) || minute > 59 || second > 60) return undefined;
  if (zone === undefined) return { ms: instantOfLocalTime(local, timeZone), zoned: false };
  const offset = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (offset === null) return { ms: local, zoned: true };
  const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
  return { ms: local - (offset[1] === "-" ? -minutes : minutes) * 60_000, zoned: true };
}

function fromEpoch(text: string): ReadTime | undefined {
  const value = Number(text);
  if (!EPOCH.test(text) && !text.includes("e")) return undefined;
  if (!(value >= FIRST_SECOND) || value >= 1e20) return undefined;
  const [whole = "", fraction = ""] = (text.includes("e") ? BigInt(value).toString() : text).split(".");
  // A number beyond 2^53 has digits that a double would change.
  if (value >= 1e17) return { ms: Number(BigInt(whole) / 1_000_000n), zoned: true };
  if (value >= 1e14) return { ms: Number(BigInt(whole) / 1000n), zoned: true };
  if (value >= 1e11) return { ms: Number(whole), zoned: true };
  return { ms: Number(whole) * 1000 + Number(fraction.slice(0, 3).padEnd(3, "0")), zoned: true };
}

/** What a member that may hold a time says. */
export type FoundTime = { readonly time: ReadTime } | { readonly unread: string };

/** The time in the first of an object's members that has one, or the name of the first one that could not be read. */
export function timeIn(object: JsonObject, keys: readonly string[], timeZone: string): FoundTime | undefined {
  let unread: string | undefined;
  for (const key of keys) {
    const value = object[key];
    if (value === undefined || value === null || value === "") continue;
    const time = readTime(value, timeZone);
    if (time !== undefined) return { time };
    unread ??= key;
  }
  return unread === undefined ? undefined : { unread };
}
