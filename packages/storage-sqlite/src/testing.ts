import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AuditLimits, Clock, NormalizedEvent, StorageBackend } from "@agent-assembly/storage-core";
import Database from "better-sqlite3";
import { openSqliteStorage } from "./backend.js";
import { EVENT_COLUMNS, type EventRow, fromRow } from "./rows.js";

interface CreateOptions {
  readonly limits?: AuditLimits | undefined;
  readonly clock?: Clock | undefined;
}

interface Store {
  readonly path: string;
  readonly handles: StorageBackend[];
}

const stores = new WeakMap<StorageBackend, Store>();

async function open(store: Store, options: CreateOptions = {}): Promise<StorageBackend> {
  const backend = await openSqliteStorage({ path: store.path, tailPollMs: 10, ...options });
  store.handles.push(backend);
  stores.set(backend, store);
  return backend;
}

function storeOf(backend: StorageBackend): Store {
  const store = stores.get(backend);
  if (store === undefined) throw new TypeError("this backend was not made by sqliteHarness");
  return store;
}

/** This backend's harness for `@agent-assembly/storage-contract`: a file in a temporary folder for each store. */
export const sqliteHarness = {
  name: "sqlite",
  create(options?: CreateOptions): Promise<StorageBackend> {
    return open({ path: join(mkdtempSync(join(tmpdir(), "aasm-sqlite-")), "test.db"), handles: [] }, options);
  },
  async reopen(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend> {
    await backend.close();
    return open(storeOf(backend), options);
  },
  second(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend> {
    return open(storeOf(backend), options);
  },
  async destroy(backend: StorageBackend): Promise<void> {
    const { path, handles } = storeOf(backend);
    for (const handle of handles) await handle.close();
    rmSync(dirname(path), { recursive: true, force: true });
  },
  async readStoredEvents(backend: StorageBackend): Promise<readonly NormalizedEvent[]> {
    const raw = new Database(storeOf(backend).path, { readonly: true });
    try {
      const rows = raw
        .prepare(`SELECT ${EVENT_COLUMNS.join(", ")} FROM audit_events ORDER BY ts, event_id`)
        .raw()
        .all();
      return (rows as EventRow[]).map(fromRow);
    } finally {
      raw.close();
    }
  },
};
