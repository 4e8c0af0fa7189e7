import { parseBucket } from "@agent-assembly/storage-core/backend";
import { localClock } from "../local-clock.js";

/** A marked instant of a horizontal axis. */
export interface TimeTick {
  readonly column: number;
  readonly label: string;
}

export interface TimeSpan {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** IANA name. */
  readonly timeZone: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lengths that people read easily, shortest first. */
const EASY_BUCKETS: readonly (readonly [every: string, ms: number])[] = [
  ["1s", SECOND],
  ["5s", 5 * SECOND],
  ["15s", 15 * SECOND],
  ["30s", 30 * SECOND],
  ["1m", MINUTE],
  ["5m", 5 * MINUTE],
  ["15m", 15 * MINUTE],
  ["30m", 30 * MINUTE],
  ["1h", HOUR],
  ["3h", 3 * HOUR],
  ["6h", 6 * HOUR],
  ["12h", 12 * HOUR],
  ["1d", DAY],
  ["1w", 7 * DAY],
  ["1mo", 30 * DAY],
];

/** Columns a label and the space after it take. */
const LABEL_ROOM = 14;
const MONTH = "1mo";

/** Round times of the zone's clock, spread over so many columns, each with a label that fits before the next one. */
export function timeTicks({ from, to, timeZone }: TimeSpan, columns: number): TimeTick[] {
  const most = Math.max(1, Math.floor(columns / LABEL_ROOM));
  // At least two ticks, so that the distance between them can be seen.
  const easy = EASY_BUCKETS.filter(([, ms], index) => index === 0 || ms <= (to - from) / 2);
  const [every, length] = easy.find(([, ms]) => (to - from) / ms <= most) ?? (easy.at(-1) as (typeof easy)[number]);
  const { startOf, next } = parseBucket({ every, timeZone });
  const instants: number[] = [];
  const first = startOf(from);
  for (let at = first < from ? next(first) : first; at < to; at = next(at)) instants.push(at);
  // Weeks of a narrow terminal, and years of months, are more than there is room for.
  const stride = Math.max(1, Math.ceil(instants.length / most));
  const clock = localClock(timeZone);
  const ticks: TimeTick[] = [];
  let previous = "";
  let free = 0;
  for (let i = 0; i < instants.length; i += stride) {
    const at = instants[i] as number;
    const text = clock(at);
    const label = shorten(text, previous, every, length);
    const column = Math.min(Math.floor(((at - from) / (to - from)) * columns), columns - 1);
    if (column < free || column + label.length > columns) continue;
    ticks.push({ column, label });
    free = column + label.length + 1;
    previous = text;
  }
  return ticks;
}

/** The part of `2026-03-01 12:00:05` that tells a tick from the one before it. */
function shorten(text: string, previous: string, every: string, length: number): string {
  const sameYear = text.slice(0, 4) === previous.slice(0, 4);
  if (every === MONTH) return text.slice(0, 7);
  if (length >= DAY) return sameYear ? text.slice(5, 10) : text.slice(0, 10);
  const time = text.slice(11, length < 60_000 ? 19 : 16);
  return text.slice(0, 10) === previous.slice(0, 10) ? time : `${text.slice(5, 10)} ${time}`;
}

/** The shortest easy bucket that divides a span into no more than `most`. */
export function bucketFor(spanMs: number, most: number): string {
  return EASY_BUCKETS.find(([, ms]) => spanMs / ms <= most)?.[0] ?? "1mo";
}
