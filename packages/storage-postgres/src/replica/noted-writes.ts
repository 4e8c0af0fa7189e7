import type { StorageBackend } from "@agent-assembly/storage-core";
import { interceptBackend, type OperationName } from "@agent-assembly/storage-core/backend";
import type { PrimaryLog } from "./primary-log.js";

/** It changes nothing that a replica is asked for, and is called all the time. */
const UNSEEN: OperationName = "agents.heartbeat";

/**
 * The same backend, whose writes are noted before they are answered: also those that failed, since what became of them may not be
 * known. What a tail delivers counts as written, so that the next read finds it.
 */
export function notingWrites(backend: StorageBackend, log: PrimaryLog): StorageBackend {
  return interceptBackend(backend, {
    call({ name, access }, run) {
      if (access === "read" || name === UNSEEN) return run();
      return run().then(
        (result) => {
          log.wrote();
          return result;
        },
        (error: unknown) => {
          log.wrote();
          throw error;
        },
      );
    },
    iterate: ({ name }, run) => (name === "audit.tail" ? noting(run(), log) : run()),
  });
}

function noting<T>(items: AsyncIterable<T>, log: PrimaryLog): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.asyncIterator]();
      return {
        async next() {
          const item = await iterator.next();
          if (item.done !== true) log.wrote();
          return item;
        },
        return: async (value?: unknown) => (await iterator.return?.(value)) ?? { done: true, value: undefined },
      };
    },
  };
}
