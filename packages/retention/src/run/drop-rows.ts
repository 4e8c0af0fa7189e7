import { setTimeout as sleep } from "node:timers/promises";
import {
  isStorageError,
  type Partition,
  type PartitionSlice,
  type PartitionStore,
  StorageError,
} from "@agent-assembly/storage-core";
import { countText } from "@agent-assembly/storage-core/backend";
import type { DropArchive, DropStatements } from "./drop-statements.js";

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
  /** Where the drop is stated. */
  readonly statements: DropStatements;
}

const ATTEMPTS = 4;
const PAUSE_MS = 1000;
/** Errors that pass: a reader blocks the chunk, or the server was unavailable for a moment. */
const PASSING = ["busy", "unavailable", "timeout"];

/**
 * Removes exactly these rows, and states it where the store is sealed; resumes after the store was busy or unavailable for a
 * moment. After an abort the next run states what is gone.
 * @param archive what holds the events
 * @throws `conflict` when the rows differ; errors of the store, and of the statement
 */
export async function dropRows(
  partitions: Pick<PartitionStore, "drop" | "measure">,
  drop: RowsToDrop,
  options: DropRowsOptions,
  archive?: DropArchive,
): Promise<void> {
  const announced = await options.statements.announce(drop, archive);
  let removed = 0;
  const onRows = (rows: number): void => {
    removed = rows;
    options.onRows(rows);
  };
  try {
    await remove(partitions, drop, { ...options, onRows });
  } catch (error) {
    if (!options.signal.aborted) await stateAfter(error, announced);
    throw error;
  } finally {
    if (announced === undefined) options.statements.countUnstated(drop.partition, removed);
  }
  await announced?.done();
}

/** What is gone after a failure, which is told rather than one of this. */
async function stateAfter(cause: unknown, announced: { done(): Promise<void> } | undefined): Promise<void> {
  try {
    await announced?.done();
  } catch (error) {
    // The next run states it.
    if (cause instanceof Error && cause.cause === undefined) cause.cause = error;
  }
}

async function remove(
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
