import { LRUCache } from "lru-cache";
import { zoneMidnights } from "./zone-midnights.js";

const HOUR_MS = 3_600_000;
const YEARS = { first: 1973, last: 2100 };

/** Where {@link hasWholeHours} has looked. Before it, zones differed from UTC by any number of seconds. */
export const ZONES_KNOWN = { from: Date.UTC(YEARS.first, 0), to: Date.UTC(YEARS.last, 0) } as const;

const known = new LRUCache<string, boolean>({ max: 32 });

/** Whether the days of a time zone begin at full hours of UTC, from the beginning of {@link ZONES_KNOWN} to its end. */
export function hasWholeHours(timeZone: string): boolean {
  let whole = known.get(timeZone);
  if (whole === undefined) {
    whole = looksWhole(timeZone);
    known.set(timeZone, whole);
  }
  return whole;
}

/** A zone keeps an offset for more than a month, so one day of each month tells. */
function looksWhole(timeZone: string): boolean {
  const midnights = zoneMidnights(timeZone);
  // A day more on either side: a day of the zone may begin there.
  for (let month = -1; month <= (YEARS.last - YEARS.first) * 12; month++) {
    if (midnights.of(Date.UTC(YEARS.first, month, 15)) % HOUR_MS !== 0) return false;
  }
  return true;
}
