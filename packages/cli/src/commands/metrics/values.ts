import type { Bucket } from "@agent-assembly/storage-core";
import { parseBucket } from "@agent-assembly/storage-core/backend";
import type { Context } from "../../context.js";
import { UsageError } from "../../exit.js";
import { formatTime } from "../../terminal/format.js";
import { localClock } from "../../terminal/local-clock.js";

/** Digits that the binary noise of sums does not reach; `--json` has every digit. */
const DIGITS = 12;

/**
 * A value in full.
 * @param exact all of its digits, where they are known
 */
export function formatValue(value: number | null, exact?: string): string {
  if (value === null) return "-";
  return exact ?? String(Number(value.toPrecision(DIGITS)));
}

/** {@link formatValue} with as many digits as tell something: `1,234.5`. */
export function formatRounded(value: number, digits = 6): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-6) return value.toExponential(2);
  const whole = Math.floor(Math.log10(size)) + 1;
  const rounded = value.toFixed(Math.min(12, Math.max(0, digits - Math.max(whole, 0))));
  const [integer, fraction = ""] = rounded.split(".") as [string, string?];
  const decimals = fraction.replace(/0+$/, "");
  return `${integer.replace(/\B(?=(\d{3})+$)/g, ",")}${decimals === "" ? "" : `.${decimals}`}`;
}

/** `12 USD`, `12` without a unit. */
export function withUnit(text: string, unit: string | undefined): string {
  return unit === undefined ? text : `${text} ${unit}`;
}

/** `VALUE (USD)`; `VALUE` without a unit, and `tokens` for tokens in tokens. */
export function titleWithUnit(title: string, unit: string | undefined): string {
  return unit === undefined || unit === title ? title : `${title} (${unit})`;
}

/** Names the starts of buckets as the clock of their time zone shows them; dates alone where buckets are days or longer. */
export function bucketLabels(bucket: Bucket | undefined): (start: Date) => string {
  if (bucket === undefined) return formatTime;
  const { timeZone, unit } = parseBucket(bucket);
  const isDate = unit.kind !== "fixed";
  if (timeZone === "UTC") return isDate ? (start) => start.toISOString().slice(0, 10) : formatTime;
  const clock = localClock(timeZone);
  return isDate ? (start) => clock(start).slice(0, 10) : (start) => clock(start);
}

/** @throws UsageError where both would go to stdout */
export function refuseJsonAndCsv({ json }: Context, csv: boolean | undefined): void {
  if (json && csv === true) throw new UsageError("--json and --csv are two forms of one answer; give one of them");
}
