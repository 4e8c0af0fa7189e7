import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import type { Clock } from "../time/clock.js";

/** @throws `invalid_argument` */
export function parseClock(clock: unknown): Clock {
  if (typeof clock !== "function") {
    throw invalidArgument("options.clock", `must be a function, got ${describeShape(clock)}`);
  }
  return clock as Clock;
}
