import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { interceptBackend } from "@agent-assembly/storage-core/backend";

/** A store whose process ends after so many changes: nothing that it is asked for then has an effect. */
export function dyingStore(storage: StorageBackend, changes: number): StorageBackend {
  let made = 0;
  return interceptBackend(storage, {
    call: ({ access }, run) => {
      if (made >= changes) throw new StorageError({ code: "closed", message: "the process is gone" });
      if (access === "write") made++;
      return run();
    },
    iterate: (_operation, run) => run(),
  });
}
