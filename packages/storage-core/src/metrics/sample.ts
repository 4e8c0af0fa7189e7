/** One measurement. Samples without an agent or a team belong to none. */
export interface MetricSample {
  readonly ts: Date;
  /** E.g. `tokens` or `cost_usd`; not one of {@link EVENT_METRICS}. */
  readonly metric: string;
  /** Finite. Of a declared metric: in its unit, with no more decimals than declared. */
  readonly value: number;
  readonly agentId?: string | undefined;
  readonly teamId?: string | undefined;
  /** At most 32 members. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** One sample that `record` refused: its position in the array, and why. */
export interface MetricRejection {
  readonly index: number;
  readonly code: "invalid_argument" | "out_of_order";
  readonly reason: string;
}

/** The outcome of one `record`: the number of samples stored, and those refused, in order of `index`. */
export interface RecordResult {
  readonly recorded: number;
  readonly rejected: MetricRejection[];
}
