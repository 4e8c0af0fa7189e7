import { describeShape, invalidArgument, parseChoice } from "@agent-assembly/storage-core/backend";

/** What a check answers while Redis is unavailable. */
export type UnavailableMode = "fail-open" | "fail-closed" | "local";

/** What rate limits do while Redis is unavailable. */
export interface RateLimiterOptions {
  /**
   * `local` counts in this process, `fail-open` allows everything, `fail-closed` refuses everything. Each answers within
   * `commandTimeoutMs`.
   * @default "local"
   */
  readonly onUnavailable?: UnavailableMode | undefined;
  /**
   * The share of each limit that this process grants in `local`, above 0 to 1. With four processes 0.25 keeps the limit.
   * @default 1
   */
  readonly localShare?: number | undefined;
}

/** Validated, with defaults filled in. */
export interface ResolvedRateLimiterOptions {
  readonly onUnavailable: UnavailableMode;
  readonly localShare: number;
}

const MODES: readonly UnavailableMode[] = ["fail-open", "fail-closed", "local"];

/** @throws `invalid_argument` */
export function parseRateLimiterOptions({
  onUnavailable = "local",
  localShare = 1,
}: RateLimiterOptions): ResolvedRateLimiterOptions {
  if (typeof localShare !== "number" || !(localShare > 0 && localShare <= 1)) {
    throw invalidArgument("options.localShare", `must be a number above 0, up to 1, got ${describeShape(localShare)}`);
  }
  return { onUnavailable: parseChoice("options.onUnavailable", onUnavailable, MODES), localShare };
}
