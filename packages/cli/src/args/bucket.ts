import { type Bucket, isStorageError } from "@agent-assembly/storage-core";
import { parseBucket } from "@agent-assembly/storage-core/backend";
import { UsageError } from "../exit.js";

// Apart from the other times: a bucket needs the calendar, which is a large module that few commands load.

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
