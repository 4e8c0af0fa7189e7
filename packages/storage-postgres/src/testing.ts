import { randomBytes } from "node:crypto";
import type { AuditLimits, Clock, NormalizedEvent, StorageBackend } from "@agent-assembly/storage-core";
import { openPostgresStorage } from "./backend.js";
import { quoteIdentifier } from "./identifiers.js";
import { type PostgresStorageOptions, resolvePostgresOptions } from "./options.js";
import { connect } from "./pool.js";
import { type EventRow, eventColumns, fromRow } from "./rows.js";
import { rows } from "./sql-text.js";

interface CreateOptions {
  readonly limits?: AuditLimits | undefined;
  readonly clock?: Clock | undefined;
}

interface Store {
  readonly schema: string;
  readonly handles: StorageBackend[];
}

/**
 * This backend's harness for `@agent-assembly/storage-contract`: a schema of its own for each store.
 * @param name of the profile
 * @param target a database whose content nobody needs, and options for all stores in it
 */
export function postgresHarness(name: string, target: PostgresStorageOptions) {
  const stores = new WeakMap<StorageBackend, Store>();

  async function open(store: Store, options: CreateOptions = {}): Promise<StorageBackend> {
    const backend = await openPostgresStorage({
      migrate: "auto",
      maxConnections: 8,
      minConnections: 0,
      tailPollMs: 50,
      ...target,
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

  async function withClient<T>(work: (client: ReturnType<typeof connect>) => Promise<T>): Promise<T> {
    const client = connect({ ...resolvePostgresOptions(target), maxConnections: 1, applicationName: "aasm testing" });
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  return {
    name,
    create(options?: CreateOptions): Promise<StorageBackend> {
      return open({ schema: `store_${randomBytes(6).toString("hex")}`, handles: [] }, options);
    },
    async reopen(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend> {
      await backend.close();
      return open(storeOf(backend), options);
    },
    second(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend> {
      return open(storeOf(backend), options);
    },
    async destroy(backend: StorageBackend): Promise<void> {
      const { schema, handles } = storeOf(backend);
      for (const handle of handles) await handle.close();
      await withClient((client) => client.unsafe(`DROP SCHEMA ${quoteIdentifier(schema)} CASCADE`));
    },
    async readStoredEvents(backend: StorageBackend): Promise<readonly NormalizedEvent[]> {
      const { schema } = storeOf(backend);
      const text = `SELECT ${eventColumns("e")} FROM ${quoteIdentifier(schema)}.audit_events AS e ORDER BY ts, event_id`;
      return withClient(async (client) => (await rows<EventRow>(client, { text, values: [] }, false)).map(fromRow));
    },
  };
}
