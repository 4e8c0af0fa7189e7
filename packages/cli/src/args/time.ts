import { UsageError } from "../exit.js";

// Without a zone the same text would mean another instant on another machine.
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2}))?$/i;
const RELATIVE = /^(\d{1,6})(s|m|h|d|w)$/;
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** An ISO 8601 time with a zone, or a date (midnight UTC); finer than a millisecond is cut off. */
export function parseIsoTime(text: string): Date | undefined {
  const match = ISO.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = match;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // Date.UTC reads 30 February as 1 March, and years below 100 as 19xx.
  if (Number(year) < 100 || new Date(date).getUTCDate() !== Number(day) || Number(month) > 12) return undefined;
  const offset = zone.toUpperCase() === "Z" ? "Z" : zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const milliseconds = fraction.slice(0, 3).padEnd(3, "0");
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${offset}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/**
 * A time on the command line: ISO 8601, or a distance back from now such as `2h` or `7d`.
 * @throws UsageError
 */
export function parseTime(option: string, text: string, now: number): Date {
  if (text === "now") return new Date(now);
  const relative = RELATIVE.exec(text);
  if (relative !== null) return new Date(now - Number(relative[1]) * UNIT_MS[relative[2] as keyof typeof UNIT_MS]);
  const absolute = parseIsoTime(text);
  if (absolute !== undefined) return absolute;
  const zoneless = parseIsoTime(`${text}Z`);
  if (zoneless !== undefined)
    throw new UsageError(`${option} ${text} has no time zone; write ${text}Z for UTC, or an offset such as +02:00`);
  throw new UsageError(
    `${option} is ${JSON.stringify(text)}; allowed: an ISO time such as 2026-03-01T12:00:00Z, a date such as 2026-03-01, or a time ago such as 45s, 30m, 2h, 7d, 2w`,
  );
}

/**
 * A time that may lie ahead: as {@link parseTime} takes it, or a distance from now such as `+30d`.
 * @throws UsageError
 */
export function parseTimeAhead(option: string, text: string, now: number): Date {
  const ahead = text.startsWith("+") ? RELATIVE.exec(text.slice(1)) : null;
  if (ahead === null) return parseTime(option, text, now);
  return new Date(now + Number(ahead[1]) * UNIT_MS[ahead[2] as keyof typeof UNIT_MS]);
}

export interface RangeOptions {
  readonly from?: string;
  readonly to?: string;
}

/** A range of time, either end open. @throws UsageError */
export function toRange(options: RangeOptions, now: number): { readonly from?: Date; readonly to?: Date } {
  const from = options.from === undefined ? undefined : parseTime("--from", options.from, now);
  const to = options.to === undefined ? undefined : parseTime("--to", options.to, now);
  if (from !== undefined && to !== undefined && to <= from) {
    throw new UsageError(`--from ${options.from} is not before --to ${options.to}; give a range that is not empty`);
  }
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}
