/** What the values of a metric are. */
export const METRIC_KINDS = [
  /** A level at an instant: queue length, temperature. */
  "gauge",
  /** An amount that occurred: the tokens or the cost of one call. */
  "delta",
  /**
   * The reading of a counter that only rises and starts over at zero. It is stored as its increases, so that `sum` is
   * the total increase of a range and `rate` the increase per second; see {@link MetricStore.record}.
   */
  "cumulative",
] as const;

/** `gauge` is a level at an instant, `delta` an amount that occurred, `cumulative` the reading of a counter that only rises. */
export type MetricKind = (typeof METRIC_KINDS)[number];

/** What a metric measures. A metric needs no definition; one without is a series of doubles without a unit. */
export interface MetricDefinition {
  readonly name: string;
  /** Such as `tokens`, `USD`, `ms` or `bytes`, at most 30 characters; units of time and of bytes can be converted in queries. */
  readonly unit?: string | undefined;
  readonly kind: MetricKind;
  /**
   * Digits after the decimal point, 0 to 12. Values are amounts in decimal then: a sample with more digits is rejected, and sums
   * are exact. An amount has at most 15 significant digits; what binary arithmetic leaves behind them is not part of it, so that `0.1 + 0.2` is 0.3.
   */
  readonly decimals?: number | undefined;
}

/** Whether two definitions of one name say the same. */
export function sameDefinition(a: MetricDefinition | undefined, b: MetricDefinition | undefined): boolean {
  return a?.unit === b?.unit && a?.kind === b?.kind && a?.decimals === b?.decimals;
}

/** Whether a definition decides how samples are stored, so that it must be there before the first one. */
export function changesSamples({ kind, decimals }: MetricDefinition): boolean {
  return kind === "cumulative" || decimals !== undefined;
}

/** `gauge, unit "ms", 2 decimals`, for errors. */
export function describeDefinition({ kind, unit, decimals }: MetricDefinition): string {
  return [
    kind,
    unit === undefined ? "no unit" : `unit ${JSON.stringify(unit)}`,
    decimals === undefined ? "no decimals" : `${decimals} decimals`,
  ].join(", ");
}

/** The members of a definition that are given, and no others. */
export function definitionOf({ name, unit, kind, decimals }: MetricDefinition): {
  name: string;
  unit?: string;
  kind: MetricKind;
  decimals?: number;
} {
  return {
    name,
    kind,
    ...(unit === undefined ? {} : { unit }),
    ...(decimals === undefined ? {} : { decimals }),
  };
}
