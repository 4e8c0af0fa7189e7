const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

/** Bytes in powers of 1,024: `1.4 MB`. */
export function bytes(value: number): string {
  let rest = value;
  let unit = 0;
  while (rest >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${UNITS[unit]}`;
}

/** A count with thousands separators: `12,345`. */
export function count(value: number): string {
  // Not by the locale's rules, which the browser loads when they are first asked for; that takes longer than to draw a list.
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 event`, `2 events`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A measured value in few digits: `1.23`, `12.3`, `4.5k`. */
export function measure(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}k`;
  return trim(value);
}

function trim(value: number): string {
  if (value === 0) return "0";
  return String(Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3)));
}

/** A measured value of a metric; durations are written out. */
export function inUnit(value: number, unit: string | undefined): string {
  return unit === "ms" ? duration(value) : measure(value);
}

/** A share of 0 to 1 as a percentage. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)}%`;
}

/** A length of time in its two largest units: `2 d 3 h`, `850 ms`. */
export function duration(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${Math.round(size)} ms`;
  if (size < 10_000) return `${(size / 1000).toFixed(1)} s`;
  const seconds = Math.round(size / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [minutes, s] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes < 60) return s === 0 || minutes >= 10 ? `${minutes} min` : `${minutes} min ${s} s`;
  const [hours, m] = [Math.floor(minutes / 60), minutes % 60];
  if (hours < 48) return m === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${m} min`;
  const [days, h] = [Math.floor(hours / 24), hours % 24];
  return h === 0 || days >= 10 ? `${days} d` : `${days} d ${h} h`;
}

/** `3 min ago`, `in 2 h`, `now`. */
export function relative(at: number, now: number): string {
  const distance = at - now;
  if (Math.abs(distance) < 1500) return "now";
  const text = coarse(Math.abs(distance));
  return distance < 0 ? `${text} ago` : `in ${text}`;
}

function coarse(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.round(hours / 24)} d`;
}

/** `local` is the browser's time zone. */
export type Zone = "local" | "utc";

interface Parts {
  readonly date: string;
  readonly time: string;
  readonly ms: string;
}

function partsOf(at: number, zone: Zone): Parts {
  const shift = zone === "utc" ? 0 : new Date(at).getTimezoneOffset() * 60_000;
  const iso = new Date(at - shift).toISOString();
  return { date: iso.slice(0, 10), time: iso.slice(11, 19), ms: iso.slice(20, 23) };
}

/** A delay in a few characters: `+45s`, `+22m`, `+3h`, `+12d`. */
export function delay(ms: number): string {
  return `+${coarse(ms).replace(" min", "m").replace(" ", "")}`;
}

/** `2026-11-30 19:41:02.123`, with `Z` in UTC. */
export function fullTime(at: number, zone: Zone): string {
  const { date, time, ms } = partsOf(at, zone);
  return `${date} ${time}.${ms}${zone === "utc" ? "Z" : ""}`;
}

/** The day of a moment: `2026-11-30`. */
export function dayOf(at: number, zone: Zone): string {
  return partsOf(at, zone).date;
}

/** The time of day where the day is today's, else `11-30 19:41:02`. */
export function rowTime(at: number, zone: Zone, now: number): string {
  const { date, time, ms } = partsOf(at, zone);
  return date === dayOf(now, zone) ? `${time}.${ms}` : `${date.slice(5)} ${time}`;
}

/** The label of a moment on an axis that spans a range, in milliseconds. */
export function axisTime(at: number, zone: Zone, spanMs: number): string {
  const { date, time } = partsOf(at, zone);
  if (spanMs <= 10 * 60_000) return time;
  if (spanMs <= 36 * 3_600_000) return time.slice(0, 5);
  if (spanMs <= 4 * 86_400_000) return `${date.slice(5)} ${time.slice(0, 5)}`;
  return date.slice(5);
}
