import { invalidArgument } from "../../errors.js";
import { describeShape } from "../../support/describe.js";
import { parseChoice, parseInteger } from "../../support/input.js";
import type { Bucketing } from "../../time/bucket.js";
import { bucketsBefore, daysBefore } from "../../time/buckets-before.js";
import { ANOMALY_METHODS, type AnomalyMethod } from "../anomaly.js";

const SEASONS = ["day", "week"] as const;
/** Fewer values have no spread to speak of. */
const LEAST_SAMPLES = 3;
const MAX_THRESHOLD = 1000;

/** Members of an `AnomalyQuery` that {@link parseAnomalyOptions} parses. */
export const ANOMALY_OPTION_KEYS = ["method", "window", "season", "threshold", "minSamples"] as const;

/** The part of an `AnomalyQuery` that says how to judge, with its defaults. */
export interface AnomalyOptions {
  readonly method: AnomalyMethod;
  /** In buckets; of `seasonal` in seasons. */
  readonly window: number;
  /** Only of `seasonal`. */
  readonly season: "day" | "week" | undefined;
  readonly threshold: number;
  readonly minSamples: number;
}

/**
 * @param option path of the query, for errors
 * @param bucketing the query's
 * @throws `invalid_argument`
 */
export function parseAnomalyOptions(
  query: Readonly<Partial<Record<(typeof ANOMALY_OPTION_KEYS)[number], unknown>>>,
  option: string,
  bucketing: Bucketing,
): AnomalyOptions {
  const method = parseChoice(`${option}.method`, query.method, ANOMALY_METHODS);
  const season = parseSeason(query.season, method, option, bucketing);
  const [window, mostWindow] = season === undefined ? [24, 10_000] : [8, 400];
  return withMinSamples(query.minSamples, option, {
    method,
    season,
    window: query.window === undefined ? window : parseInteger(`${option}.window`, query.window, 2, mostWindow),
    threshold: parseThreshold(`${option}.threshold`, query.threshold, method),
  });
}

function parseSeason(
  season: unknown,
  method: AnomalyMethod,
  option: string,
  { unit }: Bucketing,
): AnomalyOptions["season"] {
  const own = `${option}.season`;
  if (method !== "seasonal") {
    if (season === undefined) return undefined;
    throw invalidArgument(
      own,
      `does not apply to the method ${method}, got ${describeShape(season)}`,
      'Leave {option} out, or take the method "seasonal".',
    );
  }
  if (unit.kind === "week" || unit.kind === "month") {
    throw invalidArgument(
      `${option}.method`,
      `cannot be seasonal for buckets of a ${unit.kind}, since it compares times of a day or days of a week`,
      `Take a ${option}.bucket of a day or less, or the method "mad".`,
    );
  }
  const parsed = season === undefined ? "week" : parseChoice(own, season, SEASONS);
  if (unit.kind === "day" && parsed === "day") {
    throw invalidArgument(
      own,
      'must be "week" for buckets of a day, which have no time of day to compare',
      'Take the method "mad" to compare each day with the days before it.',
    );
  }
  return parsed;
}

function parseThreshold(option: string, threshold: unknown, method: AnomalyMethod): number {
  if (threshold === undefined) return method === "zscore" ? 3 : 3.5;
  if (typeof threshold === "number" && threshold > 0 && threshold <= MAX_THRESHOLD) return threshold;
  const isOutside = typeof threshold === "number" && Number.isFinite(threshold);
  throw invalidArgument(
    option,
    `must be a number above 0 and at most ${MAX_THRESHOLD}, got ${isOutside ? "one outside" : describeShape(threshold)}`,
    "It counts spreads of the baseline: 3 or 3.5 is common.",
  );
}

function withMinSamples(
  minSamples: unknown,
  option: string,
  options: Omit<AnomalyOptions, "minSamples">,
): AnomalyOptions {
  const { window } = options;
  const half = Math.ceil(window / 2);
  return {
    ...options,
    minSamples:
      minSamples === undefined
        ? Math.min(window, Math.max(LEAST_SAMPLES, half))
        : parseInteger(`${option}.minSamples`, minSamples, 2, window),
  };
}

/**
 * Start of the earliest bucket that is needed to judge the one that starts at `start`, or an earlier one.
 * Milliseconds since the epoch.
 */
export function baselineStart({ window, season }: AnomalyOptions, bucketing: Bucketing, start: number): number {
  if (season === undefined) return bucketsBefore(bucketing, start, window);
  return bucketing.startOf(daysBefore(bucketing, start, window * (season === "week" ? 7 : 1)));
}
