/**
 * Formats instants as the clock of a time zone shows them: `2026-03-01 12:00:05`.
 * @param timeZone an IANA name
 */
export function localClock(timeZone: string): (at: number | Date) => string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return (at) => format.format(at);
}
