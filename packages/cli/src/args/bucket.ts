import { type Bucket, isStorageError } from "@agent-assembly/storage-core";
import { parseBucket } from "@agent-assembly/storage-core/backend";
import { UsageError } from "../exit.js";

export interface BucketOptions {
  readonly bucket?: string;
  readonly timeZone?: string;
}

/** @throws UsageError */
export function toBucket(options: BucketOptions): Bucket | undefined {
  if (options.bucket === undefined) {
    if (options.timeZone !== undefined) throw new UsageError("--time-zone needs --bucket, whose buckets it aligns");
    return undefined;
  }
  const bucket = { every: options.bucket, timeZone: options.timeZone };
  try {
    parseBucket(bucket);
  } catch (error) {
    if (!isStorageError(error, "invalid_argument")) throw error;
    const [option, value] = error.message.startsWith("timeZone")
      ? ["--time-zone", options.timeZone]
      : ["--bucket", options.bucket];
    throw new UsageError(`${option} is ${JSON.stringify(value)}: ${error.message}`);
  }
  return bucket;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lengths that people read easily, shortest first. */
export const EASY_BUCKETS: readonly (readonly [every: string, ms: number])[] = [
  ["1s", SECOND],
  ["5s", 5 * SECOND],
  ["15s", 15 * SECOND],
  ["30s", 30 * SECOND],
  ["1m", MINUTE],
  ["5m", 5 * MINUTE],
  ["15m", 15 * MINUTE],
  ["30m", 30 * MINUTE],
  ["1h", HOUR],
  ["3h", 3 * HOUR],
  ["6h", 6 * HOUR],
  ["12h", 12 * HOUR],
  ["1d", DAY],
  ["1w", 7 * DAY],
  ["1mo", 30 * DAY],
];

/** The shortest easy bucket that divides a span into no more than `most`. */
export function bucketFor(spanMs: number, most: number): string {
  return EASY_BUCKETS.find(([, ms]) => spanMs / ms <= most)?.[0] ?? "1mo";
}
