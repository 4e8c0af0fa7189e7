import type { Column, PeerEvent, PeerStore } from "../column.js";

/** The calls that are used of an event store. */
interface EventStore {
  appendToStream(name: string, events: readonly object[]): Promise<unknown>;
  readStream(name: string, options: object): Promise<{ readonly events: readonly { metadata: Metadata }[] }>;
}
interface Metadata {
  readonly streamPosition: bigint;
}

const HOW =
  "appendToStream: the agent is the stream, and what meets another append to it is the caller's to repeat; readStream with from and maxCount, which reads forwards only";

export const emmettOnSqlite: Column = {
  title: "Emmett SQLite",
  peer: "emmett",
  how: HOW,
  durable: true,
  open: async (path, _agents, installed) => {
    const { getSQLiteEventStore } = installed as { getSQLiteEventStore(options: object): EventStore };
    // It opens a connection for each call, and has nothing to close.
    return over(getSQLiteEventStore({ fileName: path }), async () => undefined);
  },
};

export const emmettOnPostgres: Column = {
  title: "Emmett PostgreSQL",
  peer: "emmett",
  how: HOW,
  durable: true,
  open: async (url, _agents, installed) => {
    const { getPostgreSQLEventStore } = installed as {
      getPostgreSQLEventStore(url: string): EventStore & { close(): Promise<void> };
    };
    const store = getPostgreSQLEventStore(url);
    return over(store, () => store.close());
  },
};

function over(store: EventStore, close: () => Promise<unknown>): PeerStore {
  return {
    append: (event) => store.appendToStream(event.agentId, [eventOf(event)]),
    appendBatch: (events) => store.appendToStream((events[0] as PeerEvent).agentId, events.map(eventOf)),
    async *pages(agentId, size) {
      for (let from = 1n; ; ) {
        const { events } = await store.readStream(agentId, { from, maxCount: BigInt(size) });
        const last = events.at(-1);
        if (last === undefined) return;
        yield events.length;
        from = last.metadata.streamPosition + 1n;
      }
    },
    close,
  };
}

function eventOf({ sequence: _, action, eventId, ts, ...members }: PeerEvent): object {
  return { type: action, data: { ...members, ts: ts.toISOString() }, metadata: { messageId: eventId } };
}
