import { type Bucket, isStorageError, StorageError } from "@agent-assembly/storage-core";
import { errorInit, parseBucket } from "@agent-assembly/storage-core/backend";
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
    const [flag, value] =
      error.option === "bucket.timeZone" ? ["--time-zone", options.timeZone] : ["--bucket", options.bucket];
    const { message } = new StorageError({ ...errorInit(error), option: "it" });
    throw new UsageError(`${flag} is ${JSON.stringify(value)}: ${message}`);
  }
  return bucket;
}
