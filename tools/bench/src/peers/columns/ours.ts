import type { StorageBackend } from "@agent-assembly/storage-core";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import type { Column, PeerEvent, PeerStore } from "../column.js";

const HOW = "audit.append, audit.query with a cursor";

export const oursOnSqlite: Column = {
  title: "storage-sqlite",
  how: HOW,
  durable: true,
  open: async (path) => over(await openSqliteStorage({ path })),
};

export const oursOnPostgres: Column = {
  title: "storage-postgres",
  how: HOW,
  durable: true,
  open: async (url) => over(await openPostgresStorage({ url, migrate: "auto", timescaledb: "off" })),
};

function over(storage: StorageBackend): PeerStore {
  const append = async (events: readonly PeerEvent[]): Promise<void> => {
    const { inserted } = await storage.audit.append(events.map(({ sequence: _, ...event }) => event));
    if (inserted !== events.length) throw new Error(`${inserted} of ${events.length} events were stored`);
  };
  return {
    append: (event) => append([event]),
    appendBatch: append,
    newest: async (agentId, limit) => (await storage.audit.query({ agentId }, { limit })).items.length,
    async *pages(agentId, limit) {
      let cursor: string | undefined;
      do {
        const page = await storage.audit.query({ agentId }, { limit, cursor });
        yield page.items.length;
        cursor = page.next;
      } while (cursor !== undefined);
    },
    close: () => storage.close(),
  };
}
