import type { OtlpAttributes, OtlpOrigin } from "@agent-assembly/transcripts/otlp";

/** One point of a metric, whichever encoding it came in. */
export interface OtlpPoint {
  readonly origin: OtlpOrigin;
  readonly metric: string;
  readonly kind: PointKind;
  readonly temporality: "delta" | "cumulative" | undefined;
  /** Of a sum that only rises. */
  readonly monotonic: boolean;
  /** Nanoseconds since the epoch; absent when unknown. */
  readonly time: bigint | undefined;
  /** Of a gauge or a sum. */
  readonly value: number | undefined;
  /** Of a histogram. */
  readonly count: number | undefined;
  readonly sum: number | undefined;
  readonly attributes: OtlpAttributes;
  /** False for a point that only says that there is no value. */
  readonly recorded: boolean;
}

/** `histogram` is an exponential one, too. */
export type PointKind = "gauge" | "sum" | "histogram" | "summary";

/** What the points of one metric share. */
export type PointsOf = Pick<OtlpPoint, "origin" | "metric" | "kind" | "temporality" | "monotonic">;

const TEMPORALITIES = [undefined, "delta", "cumulative"] as const;

/** The temporality of its number in the protocol. */
export function temporalityOf(number: number): OtlpPoint["temporality"] {
  return TEMPORALITIES[number];
}

/** Whether flags leave a point with a value. */
export function isRecorded(flags: number): boolean {
  return (flags & 1) === 0;
}
