/**
 * The first instant of a UTC month, milliseconds since the epoch. Date.UTC would take the years 0 to 99 for 1900 to 1999.
 * @param month from 0, the January of `year`; others lie before or after it
 */
export function startOfMonth(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1);
}
