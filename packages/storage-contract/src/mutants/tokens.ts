import { isStorageError, type PartitionSlice, type StorageBackend } from "@agent-assembly/storage-core";
import { type Mutant, misconfigured, mutant, override } from "./mutant.js";

/** Repeats a call without its token when the token is refused. */
async function orWithout<T>(call: () => Promise<T>, without: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isStorageError(error, "invalid_argument")) throw error;
    return without();
  }
}

function measuringAll(sound: StorageBackend): StorageBackend {
  const { partitions } = sound;
  return override(sound, "partitions", {
    measure: (partition, slice: PartitionSlice = {}) =>
      orWithout(
        () => partitions.measure(partition, slice),
        () => partitions.measure(partition, { ...slice, asOf: undefined }),
      ),
  });
}

/** Defects of what comes back from clients. */
export const tokenMutants: readonly Mutant[] = [
  mutant("takes a forged cursor of events for the start", "audit.paging.forged-cursor", (sound) =>
    override(sound, "audit", {
      query: (filter, page) =>
        orWithout(
          () => sound.audit.query(filter, page),
          () => sound.audit.query(filter, { ...page, cursor: undefined }),
        ),
    }),
  ),
  mutant("takes a forged cursor of agents for the start", "agents.list.forged-cursor", (sound) =>
    override(sound, "agents", {
      list: (filter, page) =>
        orWithout(
          () => sound.agents.list(filter, page),
          () => sound.agents.list(filter, { ...page, cursor: undefined }),
        ),
    }),
  ),
  mutant("takes a forged position for now", "audit.tail.forged-position", (sound) =>
    override(sound, "audit", {
      tail(filter, options) {
        try {
          return sound.audit.tail(filter, options);
        } catch (error) {
          if (!isStorageError(error, "invalid_argument")) throw error;
          return sound.audit.tail(filter, { signal: options?.signal });
        }
      },
    }),
  ),
  mutant("measures all for a forged position", "partitions.slices.forged-position", measuringAll),
  misconfigured("does not sign", "audit.paging.signed-tokens", (options) => ({ ...options, tokenKey: undefined })),
];
