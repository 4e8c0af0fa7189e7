import type { Bucketing } from "../../time/bucket.js";
import { localTimes } from "../../time/local-time.js";
import type { AnomalyPoint } from "../anomaly.js";
import { type Baseline, baselinesOf, type Expectation } from "./baseline.js";
import type { AnomalyOptions } from "./parse-anomalies.js";

const DAY_MS = 86_400_000;
const MAX_SCORE = 1000;
/** Smallest spread of measurements, as a part of what is expected. */
const LEAST_RELATIVE_SPREAD = 0.01;

/** What {@link judge} has to know of the buckets. */
export interface JudgeContext {
  /** Number of buckets before the range: they are only in baselines. */
  readonly rangeStart: number;
  /** Whether the range covers a part of the bucket only: it gets no score, and is in no baseline. */
  readonly cut: (index: number) => boolean;
  /** Values are numbers of events, whose spread is at least that of chance. */
  readonly counts: boolean;
  readonly bucketing: Bucketing;
}

/**
 * Judges each bucket of a range by its baseline: the `window` buckets before it, or, with the method `seasonal`, those at the same
 * local time of the `window` days or weeks before it. Buckets without a value are in no baseline.
 *
 * `score = (value - expected) / spread`, limited to -1000 to 1000. The centre and the spread of a baseline are its mean and standard
 * deviation (`zscore`), or its median and median absolute deviation ({@link baselinesOf}).
 *
 * So that noise around a constant is no anomaly, a spread has a floor. Of counts it is `max(1, sqrt(expected))`, the standard
 * deviation of a Poisson distribution; of other values `0.01 * abs(expected)`. Where it is 0 all the same, a value that equals
 * what is expected has the score 0, and others have 1000 or -1000.
 *
 * @param values one for each bucket, finite; `null` for a gap
 * @param starts of the buckets, consecutive, in milliseconds since the epoch
 * @returns one point for each bucket from `rangeStart` on
 */
export function judge(
  values: readonly (number | null)[],
  starts: readonly number[],
  options: AnomalyOptions,
  context: JudgeContext,
): AnomalyPoint[] {
  return new Judge(starts, options, context).judge(values);
}

/** Judges any number of series on one grid of buckets, whose calendar is computed once; see {@link judge}. */
export class Judge {
  readonly #turns: Turns;
  /** Indexes of the buckets that are judged or may be in a baseline of one that is, ascending. */
  readonly #relevant: readonly number[];

  constructor(
    private readonly starts: readonly number[],
    private readonly options: AnomalyOptions,
    private readonly context: JudgeContext,
  ) {
    this.#turns = turnsOf(starts, options, context.bucketing);
    const { slots } = this.#turns;
    // Of the weeks before an hour only the same hours count: most buckets of a seasonal grid are not looked at.
    const judged = new Set(slots.subarray(context.rangeStart));
    this.#relevant = [...starts.keys()].filter((i) => judged.has(slots[i] as number));
  }

  judge(values: readonly (number | null)[]): AnomalyPoint[] {
    const { rangeStart, cut, counts } = this.context;
    const { slots, turns } = this.#turns;
    const compared = values.slice();
    for (const i of this.#relevant) if (cut(i)) compared[i] = null;
    const newBaseline = baselinesOf(this.options.method, compared);
    const comparables = new Map<number, Comparable>();
    const points: AnomalyPoint[] = [];
    for (const i of this.#relevant) {
      const [slot, turn] = [slots[i] as number, turns[i] as number];
      let comparable = comparables.get(slot);
      if (comparable === undefined) {
        comparable = new Comparable(newBaseline(), this.options.window);
        comparables.set(slot, comparable);
      }
      const baseline = comparable.before(turn);
      if (i >= rangeStart) {
        const expectation = baseline.count < this.options.minSamples ? undefined : baseline.expectation();
        const start = this.starts[i] as number;
        points.push(judgeBucket(start, values[i] ?? null, cut(i), expectation, counts, this.options.threshold));
      }
      if (compared[i] !== null) comparable.add(turn, i);
    }
    return points;
  }
}

function judgeBucket(
  start: number,
  value: number | null,
  isCut: boolean,
  expectation: Expectation | undefined,
  counts: boolean,
  threshold: number,
): AnomalyPoint {
  const ts = new Date(start);
  if (expectation === undefined) {
    return { ts, value, expected: null, lower: null, upper: null, score: null, anomaly: false };
  }
  const { expected } = expectation;
  const spread = Math.max(expectation.spread, leastSpread(expected, counts));
  const score = value === null || isCut ? null : scoreOf(value - expected, spread);
  return {
    ts,
    value,
    expected,
    lower: expected - threshold * spread,
    upper: expected + threshold * spread,
    score,
    anomaly: score !== null && Math.abs(score) > threshold,
  };
}

function leastSpread(expected: number, counts: boolean): number {
  return counts ? Math.sqrt(Math.max(1, expected)) : LEAST_RELATIVE_SPREAD * Math.abs(expected);
}

function scoreOf(difference: number, spread: number): number {
  if (difference === 0) return 0;
  return Math.max(-MAX_SCORE, Math.min(MAX_SCORE, difference / spread));
}

/** For each bucket: those with one slot are compared, and turns count the buckets, days or weeks. */
interface Turns {
  readonly slots: Float64Array;
  readonly turns: Float64Array;
}

function turnsOf(starts: readonly number[], { season }: AnomalyOptions, { unit, timeZone }: Bucketing): Turns {
  const slots = new Float64Array(starts.length);
  if (season === undefined) return { slots, turns: Float64Array.from(starts.keys()) };
  const turns = new Float64Array(starts.length);
  const seasonMs = season === "week" ? 7 * DAY_MS : DAY_MS;
  for (const [i, local] of localTimes(starts, timeZone).entries()) {
    // A day is the same one where it begins after midnight because the clock is put forward then.
    const time = unit.kind === "day" ? Math.floor(local / DAY_MS) * DAY_MS : local;
    const turn = Math.floor(time / seasonMs);
    turns[i] = turn;
    slots[i] = time - turn * seasonMs;
  }
  return { slots, turns };
}

/** The buckets of one slot, and of these the last `window` turns as a baseline. */
class Comparable {
  readonly #members: { readonly turn: number; readonly index: number }[] = [];
  /** Members before the first one are removed from the baseline; members from the second one on are not yet in it. */
  #removed = 0;
  #added = 0;

  constructor(
    private readonly baseline: Baseline,
    private readonly window: number,
  ) {}

  /** Of two buckets in one turn, as where a clock is put back, the first one counts. Turns ascend. */
  add(turn: number, index: number): void {
    if (this.#members.at(-1)?.turn !== turn) this.#members.push({ turn, index });
  }

  /** The baseline of the `window` turns before `turn`. */
  before(turn: number): Baseline {
    for (let member = this.#members[this.#added]; member !== undefined && member.turn < turn; ) {
      this.baseline.add(member.index);
      member = this.#members[++this.#added];
    }
    for (let member = this.#members[this.#removed]; member !== undefined && member.turn < turn - this.window; ) {
      this.baseline.remove(member.index);
      member = this.#members[++this.#removed];
    }
    return this.baseline;
  }
}
