import { create as createDateTime, toZonedDateTime } from "temporal-polyfill/fns/PlainDateTime";
import { create, offsetNanoseconds } from "temporal-polyfill/fns/ZonedDateTime";

const DAY_MS = 86_400_000;

/**
 * What clocks in a time zone show, as the instant at which a clock in UTC shows the same. Two instants have the same local time
 * where a clock is put back.
 * @param instants ascending, milliseconds since the epoch
 */
export function localTimes(instants: readonly number[], timeZone: string): readonly number[] {
  if (timeZone === "UTC") return instants;
  const local = new Array<number>(instants.length);
  const offsetAt = (index: number) =>
    offsetNanoseconds(create(BigInt(instants[index] as number) * 1_000_000n, timeZone)) / 1e6;

  // To ask for an offset takes as long as a thousand additions, and offsets change twice a year. None changes twice in a day.
  const fill = (first: number, firstOffset: number, last: number, lastOffset: number): void => {
    const isShort = (instants[last] as number) - (instants[first] as number) <= DAY_MS;
    if (isShort && firstOffset === lastOffset) {
      for (let i = first; i <= last; i++) local[i] = (instants[i] as number) + firstOffset;
      return;
    }
    if (last - first <= 1) {
      local[first] = (instants[first] as number) + firstOffset;
      local[last] = (instants[last] as number) + lastOffset;
      return;
    }
    const middle = (first + last) >> 1;
    const middleOffset = offsetAt(middle);
    fill(first, firstOffset, middle, middleOffset);
    fill(middle, middleOffset, last, lastOffset);
  };

  if (instants.length > 0) fill(0, offsetAt(0), instants.length - 1, offsetAt(instants.length - 1));
  return local;
}

/**
 * The instant at which clocks in a time zone show a local time: of one that occurs twice the first, of one that is left out
 * when a clock is put forward as if it had not been.
 * @param local as the instant at which clocks in UTC show it, milliseconds since the epoch
 * @throws RangeError for an unknown zone
 */
export function instantOfLocalTime(local: number, timeZone: string): number {
  if (timeZone === "UTC") return local;
  const at = new Date(local);
  const plain = createDateTime(
    at.getUTCFullYear(),
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
    at.getUTCMilliseconds(),
  );
  return toZonedDateTime(plain, timeZone).epochMilliseconds;
}
