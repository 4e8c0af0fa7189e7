import type { AnomalyMethod } from "../anomaly.js";
import { ratioToNumber, type ScaledNumbers, scaleDoubles } from "../exact-numbers.js";
import { SortedWindow } from "./sorted-window.js";

/** Centre and spread of a baseline, the latter before its floor. */
export interface Expectation {
  readonly expected: number;
  readonly spread: number;
}

/** Some of the values of a series, named by their indexes. */
export interface Baseline {
  readonly count: number;
  add(index: number): void;
  remove(index: number): void;
  /** Only with two values or more. */
  expectation(): Expectation;
}

/** @param values of the series; `null` for those that belong to no baseline @returns makes an empty baseline of them */
export function baselinesOf(method: AnomalyMethod, values: readonly (number | null)[]): () => Baseline {
  if (method !== "zscore") return () => new MedianBaseline(values);
  const scaled = scaleDoubles(values);
  return () => new MeanBaseline(scaled);
}

/** Makes the median absolute deviation of a normal distribution its standard deviation: 1 / 0.67449. */
const MAD_TO_SIGMA = 1.4826;
/** The same for the mean absolute deviation: the square root of pi / 2. */
const MEAN_DEVIATION_TO_SIGMA = 1.2533;

/**
 * Median and 1.4826 times the median absolute deviation (MAD): the modified z-score of B. Iglewicz and D. C. Hoaglin, How to
 * Detect and Handle Outliers, ASQC Quality Press 1993, who also recommend the threshold 3.5. Where more than half of the values
 * are equal, the MAD is 0; 1.2533 times the mean absolute deviation from the median takes its place.
 */
class MedianBaseline implements Baseline {
  readonly #window = new SortedWindow();

  constructor(private readonly values: readonly (number | null)[]) {}

  get count(): number {
    return this.#window.count;
  }

  add(index: number): void {
    this.#window.add(this.values[index] as number);
  }

  remove(index: number): void {
    this.#window.remove(this.values[index] as number);
  }

  expectation(): Expectation {
    const expected = this.#window.median();
    const mad = this.#window.medianDeviation(expected);
    const spread = mad > 0 ? MAD_TO_SIGMA * mad : MEAN_DEVIATION_TO_SIGMA * this.#window.meanDeviation(expected);
    return { expected, spread };
  }
}

/** Mean and sample standard deviation (n - 1), from sums that are exact, so that no value leaves a trace when it is removed. */
class MeanBaseline implements Baseline {
  #sum = 0n;
  #squares = 0n;
  count = 0;

  constructor(private readonly scaled: ScaledNumbers) {}

  add(index: number): void {
    const value = this.scaled.integers[index] as bigint;
    this.#sum += value;
    this.#squares += value * value;
    this.count++;
  }

  remove(index: number): void {
    const value = this.scaled.integers[index] as bigint;
    this.#sum -= value;
    this.#squares -= value * value;
    this.count--;
  }

  expectation(): Expectation {
    const { denominator } = this.scaled;
    const n = BigInt(this.count);
    const variance = ratioToNumber(n * this.#squares - this.#sum * this.#sum, n * (n - 1n) * denominator * denominator);
    return { expected: ratioToNumber(this.#sum, n * denominator), spread: Math.sqrt(variance) };
  }
}
