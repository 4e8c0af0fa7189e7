import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AuditLimits, Clock, StorageBackend } from "@agent-assembly/storage-core";
import { type AuditEventRow, schemaAdmin } from "@agent-assembly/storage-core/backend";
import Database from "better-sqlite3";
import { EVENT_COLUMNS, type EventRow, fromRow } from "./audit/rows.js";
import { openSqliteStorage } from "./backend.js";
import { backendModule } from "./backend-module.js";
import type { SqliteStorageOptions } from "./options.js";

interface CreateOptions {
  readonly limits?: AuditLimits | undefined;
  readonly clock?: Clock | undefined;
  /** Signs tokens; as `OpenOptions.tokenKey`. */
  readonly tokenKey?: string | readonly string[] | undefined;
}

interface Store {
  readonly path: string;
  readonly handles: StorageBackend[];
}

const stores = new WeakMap<StorageBackend, Store>();

function storeOf(backend: StorageBackend): Store {
  const store = stores.get(backend);
  if (store === undefined) throw new TypeError("this backend was not made by sqliteHarness");
  return store;
}

/** A file without rows, made once: to migrate one for each store would take longer than most cases. */
let migrated: Buffer | undefined;

async function migratedFile(): Promise<Buffer> {
  const path = newPath();
  try {
    await (await openSqliteStorage({ path })).close();
    return readFileSync(path);
  } finally {
    rmSync(dirname(path), { recursive: true, force: true });
  }
}

function newPath(): string {
  return join(mkdtempSync(join(tmpdir(), "aasm-sqlite-")), "test.db");
}

/** This backend's harness for `@agent-assembly/storage-contract`: a file in a temporary folder for each store. */
export const sqliteHarness = sqliteHarnessWith();

/** {@link sqliteHarness} whose stores are opened with some options of their own. */
export function sqliteHarnessWith(own: Pick<SqliteStorageOptions, "inlineScanBytes"> = {}) {
  return {
    name: "sqlite",
    async create(options?: CreateOptions): Promise<StorageBackend> {
      const path = newPath();
      migrated ??= await migratedFile();
      writeFileSync(path, migrated, { mode: 0o600 });
      return open({ path, handles: [] }, options);
    },
    async reopen(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend> {
      await backend.close();
      return open(storeOf(backend), options);
    },
    second(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend> {
      return open(storeOf(backend), options);
    },
    schema: (backend: StorageBackend) => schemaAdmin(backendModule.schema, { path: storeOf(backend).path }),
    async destroy(backend: StorageBackend): Promise<void> {
      const { path, handles } = storeOf(backend);
      for (const handle of handles) await handle.close();
      rmSync(dirname(path), { recursive: true, force: true });
    },
    async readStoredEvents(backend: StorageBackend): Promise<readonly AuditEventRow[]> {
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

  async function open(store: Store, options: CreateOptions = {}): Promise<StorageBackend> {
    const backend = await openSqliteStorage({ path: store.path, tailPollMs: 10, ...own, ...options });
    store.handles.push(backend);
    stores.set(backend, store);
    return backend;
  }
}
