import type { AuditLimits, Clock, StorageBackend } from "@agent-assembly/storage-core";
import { type AuditEventRow, schemaAdmin } from "@agent-assembly/storage-core/backend";
import { type EventRow, eventColumns, fromRow } from "./audit/rows.js";
import { openPostgresStorage } from "./backend.js";
import { backendModule } from "./backend-module.js";
import { rows } from "./driver/statement.js";
import type { PostgresStorageOptions } from "./options.js";
import { quoteIdentifier } from "./sql/identifiers.js";
import { SchemaPool } from "./testing/schema-pool.js";

interface CreateOptions {
  readonly limits?: AuditLimits | undefined;
  readonly clock?: Clock | undefined;
  /** Signs tokens; as `OpenOptions.tokenKey`. */
  readonly tokenKey?: string | readonly string[] | undefined;
}

interface Store {
  readonly schema: string;
  readonly handles: StorageBackend[];
}

/**
 * This backend's harness for `@agent-assembly/storage-contract`. Each store has a schema for itself, migrated and empty. A
 * schema whose store is destroyed is emptied for the next store, and `destroy` fails when it is not as it was when it was
 * new. `close` drops all schemas: call it when the last store is destroyed.
 * @param name of the profile
 * @param target a database whose content is not needed, and options for all stores in it
 */
export function postgresHarness(name: string, target: PostgresStorageOptions) {
  const stores = new WeakMap<StorageBackend, Store>();
  const schemas = new SchemaPool(target);

  async function open(store: Store, options: CreateOptions = {}): Promise<StorageBackend> {
    const backend = await openPostgresStorage({
      // Each costs the server as much as a dozen statements, and four are enough to race.
      maxConnections: 4,
      minConnections: 0,
      tailPollMs: 50,
      ...target,
      // It is as its migration left it.
      migrate: "off",
      schema: store.schema,
      ...options,
    });
    store.handles.push(backend);
    stores.set(backend, store);
    return backend;
  }

  function storeOf(backend: StorageBackend): Store {
    const store = stores.get(backend);
    if (store === undefined) throw new TypeError("this backend was not made by this harness");
    return store;
  }

  return {
    name,
    async create(options?: CreateOptions): Promise<StorageBackend> {
      const schema = await schemas.take();
      try {
        return await open({ schema, handles: [] }, options);
      } catch (error) {
        await schemas.giveBack(schema);
        throw error;
      }
    },
    async reopen(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend> {
      await backend.close();
      return open(storeOf(backend), options);
    },
    second(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend> {
      return open(storeOf(backend), options);
    },
    schema: (backend: StorageBackend) =>
      schemaAdmin(backendModule.schema, { ...target, schema: storeOf(backend).schema }),
    async destroy(backend: StorageBackend): Promise<void> {
      const { schema, handles } = storeOf(backend);
      try {
        for (const handle of handles) await handle.close();
      } finally {
        await schemas.giveBack(schema);
      }
    },
    async readStoredEvents(backend: StorageBackend): Promise<readonly AuditEventRow[]> {
      const { schema } = storeOf(backend);
      const text = `SELECT ${eventColumns("e")} FROM ${quoteIdentifier(schema)}.audit_events AS e ORDER BY ts, event_id`;
      return (await rows<EventRow>(schemas.sql, { text, values: [] }, false)).map(fromRow);
    },
    close: (): Promise<void> => schemas.close(),
  };
}
