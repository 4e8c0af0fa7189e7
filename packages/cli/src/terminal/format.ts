const TIME_UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
  [1000, "s"],
];

/** `2026-03-01 12:00:05Z`; milliseconds only when there are some. */
export function formatTime(date: Date): string {
  return date.toISOString().replace("T", " ").replace(".000Z", "Z");
}

/** `5m ago`, `in 2h`, `now`. */
export function formatRelative(date: Date, now: number): string {
  const distance = now - date.getTime();
  const size = Math.abs(distance);
  const unit = TIME_UNITS.find(([ms]) => size >= ms);
  if (unit === undefined) return "now";
  const text = `${Math.floor(size / unit[0])}${unit[1]}`;
  return distance > 0 ? `${text} ago` : `in ${text}`;
}

/** {@link formatTime} to the second, where a column of milliseconds would push out what tells more. */
export function formatSecond(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** `2026-03-01` for a midnight, {@link formatTime} for any other time. */
export function formatDay(date: Date): string {
  return date.getTime() % 86_400_000 === 0 ? date.toISOString().slice(0, 10) : formatTime(date);
}

/** `850 ms`, `12.3 s`, `4 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit] as string}`;
}

/** `1,164`. */
export function formatCount(count: number): string {
  // `toLocaleString` loads the rules of all languages, which takes longer than most commands.
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 call`, `1,164 calls`. */
export function countText(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `1 event`, `1,164 events`. */
export function eventsText(count: number): string {
  return countText(count, "event");
}

/** `1 partition`, `12 partitions`. */
export function partitionsText(count: number): string {
  return countText(count, "partition");
}

/** `1 row`, `1,164 rows`. */
export function rowsText(rows: number): string {
  return countText(rows, "row");
}
