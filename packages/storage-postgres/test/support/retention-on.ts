import type { RetentionSupport } from "@agent-assembly/storage-core/backend";
import { createRetentionSupport } from "@agent-assembly/storage-core/backend";
import type { Pool } from "../../src/driver/pool.js";
import { openRecords } from "../../src/records/open-records.js";

/** The records of retention, without partitions. */
export function retentionOn(pool: Pool): RetentionSupport {
  const none = (): never => {
    throw new Error("there are no partitions here");
  };
  return createRetentionSupport({ ...openRecords(pool), partitions: { readRows: none, measureAll: none } });
}
