import { setTimeout as sleep } from "node:timers/promises";
import type { AuditFilter, StorageBackend, TailItem } from "@agent-assembly/storage-core";
import { vi } from "vitest";

const PROBE = "probe";

/** An event without its time. */
export const EVENT = { agentId: "a", action: "tool_call", decision: "allow" };

/** Inserts an event of the agent `$1`. */
export const INSERT = `INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision)
  VALUES (now(), now(), gen_random_uuid(), false, $1, 'tool_call', 'allow')`;

/** What a tail delivers until it is ended. */
export interface CollectedTail {
  readonly items: readonly TailItem[];
  /** Of the events, in the order they came. */
  readonly agents: readonly string[];
  /** Behind everything that came so far. */
  readonly position: string | undefined;
  /** Whether a probe came through. */
  readonly hears: boolean;
  until(count: number): Promise<void>;
  end(): Promise<void>;
}

export function collectTail(storage: StorageBackend, after?: string, filter: AuditFilter = {}): CollectedTail {
  const stop = new AbortController();
  const items: TailItem[] = [];
  let probes = 0;
  let position = after;
  let failure: unknown;
  const done = (async () => {
    for await (const item of storage.audit.tail(filter, {
      signal: stop.signal,
      ...(after === undefined ? {} : { after }),
    })) {
      position = item.position;
      if (item.event.agentId === PROBE) probes++;
      else items.push(item);
    }
  })();
  done.catch((error: unknown) => {
    failure = error;
  });
  return {
    items,
    get agents() {
      return items.map(({ event }) => event.agentId);
    },
    get position() {
      return position;
    },
    get hears() {
      return probes > 0;
    },
    async until(count) {
      await vi.waitUntil(() => items.length >= count || failure !== undefined, { timeout: 20_000, interval: 10 });
      if (failure !== undefined) throw failure;
    },
    async end() {
      stop.abort();
      await done;
    },
  };
}

/** A tail that certainly listens: a probe came through. */
export async function listeningTail(storage: StorageBackend, writer: StorageBackend): Promise<CollectedTail> {
  const tail = collectTail(storage);
  while (!tail.hears) {
    await writer.audit.append([{ ts: new Date(), ...EVENT, agentId: PROBE }]);
    await sleep(10);
  }
  return tail;
}
