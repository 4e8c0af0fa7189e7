import { UsageError } from "../exit.js";
import { parseTime } from "./time.js";

export interface RangeOptions {
  readonly from?: string;
  readonly to?: string;
}

/** A range of time, either end open. @throws UsageError */
export function toRange(options: RangeOptions, now: number): { readonly from?: Date; readonly to?: Date } {
  const from = options.from === undefined ? undefined : parseTime("--from", options.from, now);
  const to = options.to === undefined ? undefined : parseTime("--to", options.to, now);
  if (from !== undefined && to !== undefined && to <= from) {
    throw new UsageError(`--from ${options.from} is not before --to ${options.to}; give a range that holds some time`);
  }
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}
