import { invalidArgument } from "../../errors.js";
import { describeShape } from "../../support/describe.js";
import { checkKeys, checkObject, parseInteger, parseText } from "../../support/input.js";
import type { CheckOptions, RateLimit } from "./limiter.js";

const MAX_LIMITS = 16;
const MAX_LIMIT = 1_000_000_000;
const MAX_WINDOW_MS = 31 * 86_400_000;
/** Steps of a window at most: bounds what one limit takes in memory. */
const MAX_STEPS = 60_000;
const NO_OPTIONS: CheckOptions = {};

/** A validated rate limit check with its defaults filled in. */
export interface NormalizedCheck {
  readonly limits: readonly RateLimit[];
  readonly weight: number;
  readonly partition: string | undefined;
}

/** @throws `invalid_argument` */
export function parseRateLimitCheck(limits: readonly RateLimit[], options: CheckOptions = NO_OPTIONS): NormalizedCheck {
  if (!Array.isArray(limits) || limits.length === 0 || limits.length > MAX_LIMITS) {
    throw invalidArgument("limits", `must be an array of 1 to ${MAX_LIMITS}, got ${describeShape(limits)}`);
  }
  checkObject("options", options);
  checkKeys("options", options, ["weight", "partition"]);
  const weight = options.weight === undefined ? 1 : parseInteger("options.weight", options.weight, 1, MAX_LIMIT);
  for (const [index, limit] of limits.entries()) {
    checkLimit(`limits[${index}]`, limit, weight);
    if (limits.findIndex((other) => isSameCount(other, limit)) !== index) {
      throw invalidArgument(
        `limits[${index}]`,
        "repeats the scope, id and window of another",
        "Keep the smaller limit.",
      );
    }
  }
  return {
    limits,
    weight,
    partition: options.partition === undefined ? undefined : parseText("options.partition", options.partition),
  };
}

/** What names a count: everything but how much of it is allowed, so that a changed limit goes on from where it is. */
export function countName({ scope, id, windowMs }: RateLimit): string {
  return `${windowMs}:${encodeURIComponent(scope)}:${encodeURIComponent(id)}`;
}

/** Milliseconds by which a window counts. */
export function stepOf(windowMs: number): number {
  return Math.ceil(windowMs / MAX_STEPS);
}

function checkLimit(what: string, limit: RateLimit, weight: number): void {
  checkObject(what, limit);
  checkKeys(what, limit, ["scope", "id", "limit", "windowMs"]);
  parseText(`${what}.scope`, limit.scope);
  parseText(`${what}.id`, limit.id);
  parseInteger(`${what}.limit`, limit.limit, 1, MAX_LIMIT);
  parseInteger(`${what}.windowMs`, limit.windowMs, 1, MAX_WINDOW_MS);
  if (weight > limit.limit) {
    throw invalidArgument(
      "options.weight",
      `is more than ${what}.limit, so it could never be allowed`,
      "Raise the limit.",
    );
  }
}

function isSameCount(a: RateLimit, b: RateLimit): boolean {
  return a.scope === b.scope && a.id === b.id && a.windowMs === b.windowMs;
}
