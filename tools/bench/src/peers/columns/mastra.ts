import { pathToFileURL } from "node:url";
import type { Column, PeerEvent, PeerStore } from "../column.js";

/** The calls that are used of a store and of its domain for messages. */
interface Store {
  init(): Promise<void>;
  getStore(domain: "memory"): Promise<Memory>;
  close(): Promise<void>;
}
interface Memory {
  saveThread(input: { thread: object }): Promise<unknown>;
  saveMessages(input: { messages: readonly object[] }): Promise<unknown>;
  listMessages(input: object): Promise<{ readonly messages: readonly unknown[]; readonly hasMore: boolean }>;
}
type Constructor = new (config: object) => Store;

const RESOURCE = "bench";
const HOW = "memory domain: saveMessages, one message per event on the agent's thread; listMessages with page";

export const mastraOnSqlite: Column = {
  title: "Mastra LibSQLStore",
  peer: "mastra",
  how: HOW,
  // Its workflows domain sets synchronous = NORMAL on the connection that all domains share.
  durable: false,
  open: (path, agents, installed) => {
    const { LibSQLStore } = installed as { LibSQLStore: Constructor };
    return opened(new LibSQLStore({ id: "bench", url: pathToFileURL(path).href }), agents);
  },
};

export const mastraOnPostgres: Column = {
  title: "Mastra PostgresStore",
  peer: "mastra",
  how: HOW,
  durable: true,
  open: (url, agents, installed) => {
    const { PostgresStore } = installed as { PostgresStore: Constructor };
    return opened(new PostgresStore({ id: "bench", connectionString: url }), agents);
  },
};

async function opened(store: Store, agents: readonly string[]): Promise<PeerStore> {
  await store.init();
  const memory = await store.getStore("memory");
  const now = new Date();
  for (const id of agents) {
    const thread = { id, resourceId: RESOURCE, title: id, createdAt: now, updatedAt: now, metadata: {} };
    await memory.saveThread({ thread });
  }
  const list = (threadId: string, perPage: number, page: number) =>
    memory.listMessages({ threadId, perPage, page, orderBy: { field: "createdAt", direction: "DESC" } });
  return {
    append: (event) => memory.saveMessages({ messages: [messageOf(event)] }),
    appendBatch: (events) => memory.saveMessages({ messages: events.map(messageOf) }),
    newest: async (agentId, count) => (await list(agentId, count, 0)).messages.length,
    async *pages(agentId, size) {
      for (let page = 0; ; page++) {
        const { messages, hasMore } = await list(agentId, size, page);
        yield messages.length;
        if (!hasMore) return;
      }
    },
    close: () => store.close(),
  };
}

/** A message that has the event as its metadata. */
function messageOf({ sequence: _, eventId, ts, agentId, ...members }: PeerEvent): object {
  return {
    id: eventId,
    threadId: agentId,
    resourceId: RESOURCE,
    role: "assistant",
    type: "v2",
    createdAt: ts,
    content: { format: 2, parts: [{ type: "text", text: members.payload.tool }], metadata: members },
  };
}
