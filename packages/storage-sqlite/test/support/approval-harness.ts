import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ApprovalHarness } from "@agent-assembly/storage-contract";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { ApprovalDefaults, ApprovalQueue } from "@agent-assembly/storage-core/state";
import { openSqliteStorage } from "../../src/backend.js";

interface File {
  readonly path: string;
  readonly stores: StorageBackend[];
  now: number;
}

/** A file in a temporary folder for each queue; its time stands until it is told to move. */
export function sqliteApprovalHarness(): ApprovalHarness {
  const files = new WeakMap<ApprovalQueue, File>();

  async function open(file: File, defaults: ApprovalDefaults): Promise<ApprovalQueue> {
    const store = await openSqliteStorage({ path: file.path, clock: () => file.now });
    file.stores.push(store);
    const queue = store.stateSupport?.openApprovals?.({ pollMs: 10, ...defaults });
    if (queue === undefined) throw new TypeError("the store has no approvals");
    files.set(queue, file);
    return queue;
  }

  function fileOf(queue: ApprovalQueue): File {
    const file = files.get(queue);
    if (file === undefined) throw new TypeError("this queue was not made by this harness");
    return file;
  }

  return {
    name: "sqlite",
    create(defaults) {
      const path = join(mkdtempSync(join(tmpdir(), "aasm-approvals-")), "test.db");
      return open({ path, stores: [], now: Date.UTC(2026, 0, 15) }, defaults);
    },
    second: (first, defaults) => open(fileOf(first), defaults),
    async reopen(queue, defaults) {
      const file = fileOf(queue);
      await queue.close();
      for (const store of file.stores.splice(0)) await store.close();
      return open(file, defaults);
    },
    log: (queue) => (fileOf(queue).stores[0] as StorageBackend).audit,
    async advance(queue, ms) {
      fileOf(queue).now += ms;
    },
    async destroy(queue) {
      const file = fileOf(queue);
      await queue.close();
      for (const store of file.stores) await store.close();
      rmSync(dirname(file.path), { recursive: true, force: true });
    },
  };
}
