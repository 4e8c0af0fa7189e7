import type { CreateOptions, StorageHarness } from "@agent-assembly/storage-contract";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { type AuditEventRow, EventRefusal, parseStoredEvent } from "@agent-assembly/storage-core/backend";
import { openHttpStorage } from "../../src/index.js";
import { atNewPath, removeFolderOf, startGateway, type TestGateway } from "./gateway.js";

interface Opened {
  readonly path: string;
  readonly gateways: TestGateway[];
  readonly clients: StorageBackend[];
}

const opened = new WeakMap<StorageBackend, Opened>();

function openedOf(backend: StorageBackend): Opened {
  const own = opened.get(backend);
  if (own === undefined) throw new TypeError("this backend was not made by this harness");
  return own;
}

async function open(path: string, options?: CreateOptions, own?: Opened): Promise<StorageBackend> {
  const gateway = await startGateway(path, options);
  const client = await openHttpStorage(gateway.options);
  const all = own ?? { path, gateways: [], clients: [] };
  all.gateways.push(gateway);
  all.clients.push(client);
  opened.set(client, all);
  return client;
}

async function closeAll({ path, gateways, clients }: Opened): Promise<string> {
  for (const client of clients.splice(0)) await client.close();
  for (const gateway of gateways.splice(0)) await gateway.close();
  return path;
}

/** A client of a gateway on SQLite. */
export const httpHarness: StorageHarness = {
  name: "http",
  create: (options) => atNewPath((path) => open(path, options)),
  async reopen(backend, options) {
    const path = await closeAll(openedOf(backend));
    return open(path, options);
  },
  second: (backend, options) => open(openedOf(backend).path, options, openedOf(backend)),
  async destroy(backend) {
    removeFolderOf(await closeAll(openedOf(backend)));
  },
  /** From the store itself, behind the gateway. */
  async readStoredEvents(backend) {
    const rows: AuditEventRow[] = [];
    for await (const event of openedOf(backend).gateways[0]?.storage.audit.stream() ?? []) {
      const row = parseStoredEvent(event);
      if (row instanceof EventRefusal) throw new Error(row.reason);
      rows.push(row);
    }
    return rows;
  },
};
