import type { Column, PeerEvent, PeerStore } from "../column.js";

/** The calls that are used of `BaseCheckpointSaver`. */
interface Saver {
  put(config: object, checkpoint: object, metadata: object, newVersions: object): Promise<unknown>;
  list(config: object, options: object): AsyncIterable<{ readonly checkpoint: { readonly id: string } }>;
}
interface SqliteSaver extends Saver {
  readonly db: { close(): unknown };
}
interface PostgresSaver extends Saver {
  setup(): Promise<void>;
  end(): Promise<void>;
}

const HOW = "put: one checkpoint per event on the agent's thread; list with limit and before";

export const langgraphOnSqlite: Column = {
  title: "LangGraph SqliteSaver",
  peer: "langgraph",
  how: HOW,
  // better-sqlite3 is built with synchronous = NORMAL for files in WAL mode.
  durable: false,
  open: async (path, _agents, installed) => {
    const { SqliteSaver } = installed as { SqliteSaver: { fromConnString(path: string): SqliteSaver } };
    const saver = SqliteSaver.fromConnString(path);
    return over(saver, async () => saver.db.close());
  },
};

export const langgraphOnPostgres: Column = {
  title: "LangGraph PostgresSaver",
  peer: "langgraph",
  how: HOW,
  durable: true,
  open: async (url, _agents, installed) => {
    const { PostgresSaver } = installed as { PostgresSaver: { fromConnString(url: string): PostgresSaver } };
    const saver = PostgresSaver.fromConnString(url);
    await saver.setup();
    return over(saver, () => saver.end());
  },
};

function over(saver: Saver, close: () => Promise<unknown>): PeerStore {
  const thread = (thread_id: string) => ({ configurable: { thread_id, checkpoint_ns: "" } });
  const list = async (agentId: string, limit: number, before?: string): Promise<string[]> => {
    const ids: string[] = [];
    const options = before === undefined ? { limit } : { limit, before: { configurable: { checkpoint_id: before } } };
    for await (const { checkpoint } of saver.list(thread(agentId), options)) ids.push(checkpoint.id);
    return ids;
  };
  return {
    append: (event) => saver.put(thread(event.agentId), checkpointOf(event), METADATA, versionsOf(event)),
    newest: async (agentId, count) => (await list(agentId, count)).length,
    async *pages(agentId, size) {
      let before: string | undefined;
      do {
        const ids = await list(agentId, size, before);
        yield ids.length;
        before = ids.length < size ? undefined : ids.at(-1);
      } while (before !== undefined);
    },
    close,
  };
}

const METADATA = { source: "loop", step: 1, parents: {} };

function versionsOf({ sequence }: PeerEvent): object {
  return { event: sequence };
}

/** A checkpoint whose state is the event. */
function checkpointOf({ sequence, ...event }: PeerEvent): object {
  return {
    v: 4,
    id: event.eventId,
    ts: event.ts.toISOString(),
    channel_values: { event: { ...event, ts: event.ts.toISOString() } },
    channel_versions: { event: sequence },
    versions_seen: {},
  };
}
