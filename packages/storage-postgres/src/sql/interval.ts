import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
};

/**
 * A length of time as the configuration writes it: `30 days`, `12 hours`, `1 week`. Months are refused, because chunks
 * have one length.
 * @throws `invalid_argument`
 */
export function checkInterval(what: string, value: unknown): string {
  intervalMs(what, value);
  return (value as string).trim();
}

/** In milliseconds. @throws `invalid_argument` */
export function intervalMs(what: string, value: unknown): number {
  const match = typeof value === "string" ? /^\s*(\d{1,6})\s+(minute|hour|day|week)s?\s*$/.exec(value) : null;
  const ms = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ""] ?? Number.NaN);
  if (!(ms > 0)) {
    throw invalidArgument(
      what,
      `must be a number of minutes, hours, days or weeks like "7 days", got ${describeShape(value)}`,
    );
  }
  return ms;
}
