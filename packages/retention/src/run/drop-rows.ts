import { setTimeout as sleep } from "node:timers/promises";
import {
  isStorageError,
  type Partition,
  type PartitionSlice,
  type PartitionStore,
  StorageError,
} from "@agent-assembly/storage-core";
import { countText } from "@agent-assembly/storage-core/backend";

/** The rows to remove: their number, and their partition or slice. */
export interface RowsToDrop extends PartitionSlice {
  readonly partition: Partition;
  readonly rows: number;
}

export interface DropRowsOptions {
  readonly signal: AbortSignal;
  /** Rows removed so far. */
  readonly onRows: (rows: number) => void;
  /** Whether their counts stay. */
  readonly keepCounts: boolean;
}

const ATTEMPTS = 4;
const PAUSE_MS = 1000;
/** Errors that pass: a reader blocks the chunk, or the server was unavailable for a moment. */
const PASSING = ["busy", "unavailable", "timeout"];

/**
 * Removes exactly these rows; resumes after the store was busy or unavailable for a moment.
 * @throws `conflict` when the rows differ; errors of the store
 */
export async function dropRows(
  partitions: Pick<PartitionStore, "drop" | "measure">,
  { partition, rows, selection, asOf }: RowsToDrop,
  { signal, onRows, keepCounts }: DropRowsOptions,
): Promise<void> {
  const part = { selection, asOf };
  let left = rows;
  for (let attempt = 1; ; attempt++) {
    const before = rows - left;
    try {
      await partitions.drop(partition, {
        ...part,
        expect: { rows: left },
        keepCounts,
        signal,
        onProgress: (n) => onRows(before + n),
      });
      onRows(rows);
      return;
    } catch (error) {
      if (attempt >= ATTEMPTS || !isStorageError(error) || !PASSING.includes(error.code)) throw error;
      await sleep(PAUSE_MS * 2 ** (attempt - 1), undefined, { signal });
      left = await rowsLeft(partitions, partition, part, rows);
    }
  }
}

async function rowsLeft(
  partitions: Pick<PartitionStore, "measure">,
  partition: Partition,
  part: PartitionSlice,
  planned: number,
): Promise<number> {
  const { rows } = await partitions.measure(partition, part);
  if (rows <= planned) return rows;
  throw new StorageError({
    code: "conflict",
    message: `the partition ${partition.id} grew to ${countText(rows, "row")} while ${planned} were being removed`,
    remedy: "Plan again.",
  });
}
