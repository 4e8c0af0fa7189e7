import { isStorageError, type LegalHold, type Partition, type StorageBackend } from "@agent-assembly/storage-core";
import type { ArchiveRecord, RetentionSupport } from "@agent-assembly/storage-core/backend";
import { touches, withoutHeld } from "./selections.js";

type Partitions = Pick<StorageBackend["partitions"], "measure">;

/** What is left to do for a verified archive, in a store whose holds and rows may have changed since it was written. */
export interface Remainder {
  /** Its rows in the store that no hold covers; `undefined` for those that a store restored since cannot tell any more. */
  readonly rows: number | undefined;
  /** Its rows in the store that holds keep there, until they are released. */
  readonly held: number;
  /** Where `rows` are. */
  readonly slice: Pick<ArchiveRecord, "selection" | "asOf">;
  readonly partition: Partition;
}

/** Counts what is left of a verified archive's rows in the store. @param holds those in force */
export async function remainderOf(
  partitions: Partitions,
  record: ArchiveRecord,
  holds: readonly LegalHold[],
): Promise<Remainder> {
  const partition = partitionOf(record);
  const { selection, asOf } = record;
  const touching = holds.filter((hold) => touches(hold, partition));
  const slice = { selection: withoutHeld(selection, touching), asOf };
  const rows = await rowsOf(partitions, partition, slice);
  const all = touching.length === 0 ? rows : await rowsOf(partitions, partition, { selection, asOf });
  return { rows, held: rows === undefined || all === undefined ? 0 : all - rows, slice, partition };
}

/** Whether all that is left of its rows waits for the release of holds, so that a run has nothing to do. */
export function isWaiting({ rows, held }: Remainder): boolean {
  return rows === 0 && held > 0;
}

/**
 * The archives that a run began and did not finish, without those whose rows only wait for the release of holds. Finished
 * ones grow in number with the age of the store.
 * @param holds those in force
 */
export async function unfinishedArchives(
  { partitions, retentionSupport }: { partitions: Partitions; retentionSupport: Pick<RetentionSupport, "archives"> },
  holds: readonly LegalHold[],
): Promise<ArchiveRecord[]> {
  // In the order of the states: an archive that changes between the two calls is in at least one result.
  const writing = await retentionSupport.archives({ state: "writing" });
  const verified = await retentionSupport.archives({ state: "verified" });
  const moved = new Set(verified.map(({ archiveId }) => archiveId));
  const unfinished: ArchiveRecord[] = [];
  for (const record of verified) {
    if (!isWaiting(await remainderOf(partitions, record, holds))) unfinished.push(record);
  }
  return [...unfinished, ...writing.filter(({ archiveId }) => !moved.has(archiveId))];
}

/** @returns `undefined` for a position that a store, restored from a backup since, cannot place any more */
async function rowsOf(
  partitions: Partitions,
  partition: Partition,
  slice: Remainder["slice"],
): Promise<number | undefined> {
  try {
    return (await partitions.measure(partition, slice)).rows;
  } catch (error) {
    if (isStorageError(error, "invalid_argument") && error.option === "options.asOf") return undefined;
    throw error;
  }
}

function partitionOf({ dataset, partitionId, from, to, rows, bytes }: ArchiveRecord): Partition {
  return { dataset, id: partitionId, from, to, rows, bytes, tier: "warm" };
}
