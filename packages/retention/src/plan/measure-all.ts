import { isStorageError, type PartitionMeasure, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { errorInit, type MeasureRequest } from "@agent-assembly/storage-core/backend";

/** Of one call; between two calls a plan can be given up. */
const AT_ONCE = 500;

/**
 * Measures many partitions and slices.
 * @throws what the store throws, with the name of a partition that cannot be measured; nothing goes on in the background then
 */
export async function measureAll(
  store: Pick<StorageBackend, "partitions" | "retentionSupport">,
  requests: readonly MeasureRequest[],
  signal: AbortSignal | undefined,
): Promise<PartitionMeasure[]> {
  const measures: PartitionMeasure[] = [];
  for (let first = 0; first < requests.length; first += AT_ONCE) {
    signal?.throwIfAborted();
    measures.push(...(await measureSome(store, requests.slice(first, first + AT_ONCE), signal)));
  }
  return measures;
}

async function measureSome(
  { partitions, retentionSupport }: Pick<StorageBackend, "partitions" | "retentionSupport">,
  requests: readonly MeasureRequest[],
  signal: AbortSignal | undefined,
): Promise<PartitionMeasure[]> {
  try {
    return await retentionSupport.measureAll(requests);
  } catch {
    // Which of them cannot be measured, only one at a time tells.
  }
  const measures: PartitionMeasure[] = [];
  for (const { partition, ...slice } of requests) {
    signal?.throwIfAborted();
    try {
      measures.push(await partitions.measure(partition, slice));
    } catch (error) {
      if (!isStorageError(error)) throw error;
      const init = errorInit(error);
      const message = `the ${partition.dataset} partition ${partition.id} cannot be measured: ${init.message}`;
      throw new StorageError({ ...init, message });
    }
  }
  return measures;
}
