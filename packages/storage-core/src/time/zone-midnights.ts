import { LRUCache } from "lru-cache";
import { create, toZonedDateTime } from "temporal-polyfill/fns/PlainDate";

/** To check a name takes some 80 microseconds. */
const MOST_ZONES = 32;
/** Of each zone; half a megabyte. To work one out takes some 20 microseconds, and charts ask for the same days again. */
const MOST_MIDNIGHTS = 10_000;

const zones = new LRUCache<string, ZoneMidnights>({ max: MOST_ZONES });

/** When the days of a time zone begin. */
export class ZoneMidnights {
  readonly #known = new Map<number, number>();

  constructor(private readonly timeZone: string) {}

  /**
   * @param date as the instant at which it begins in UTC, milliseconds since the epoch
   * @returns its first instant in the zone; of a date that the zone left out, the first one of the date after it
   */
  of(date: number): number {
    let midnight = this.#known.get(date);
    if (midnight === undefined) {
      const day = new Date(date);
      const plain = create(day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate());
      midnight = toZonedDateTime(plain, this.timeZone).epochMilliseconds;
      if (this.#known.size >= MOST_MIDNIGHTS) this.#known.clear();
      this.#known.set(date, midnight);
    }
    return midnight;
  }
}

/** @throws RangeError for an unknown zone */
export function zoneMidnights(timeZone: string): ZoneMidnights {
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    new Intl.DateTimeFormat("en", { timeZone });
    zone = new ZoneMidnights(timeZone);
    zones.set(timeZone, zone);
  }
  return zone;
}
