import type { AuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { onTestFinished } from "vitest";

export const DAY_MS = 86_400_000;
/** The middle of a UTC day. */
export const NOW = Date.UTC(2030, 5, 15, 12);
export const ANY_AGE = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };

export function memoryStore(): StorageBackend {
  const storage = openMemoryStorage({ governanceEvents: false, limits: ANY_AGE });
  onTestFinished(() => storage.close());
  return storage;
}

export interface Some {
  readonly day: number;
  readonly count: number;
  readonly agentId?: string;
  readonly teamId?: string;
  readonly action?: string;
}

/** Events that happened on the UTC day so many days before {@link NOW}. */
export async function add(storage: StorageBackend, some: readonly Some[]): Promise<void> {
  for (const { day, count, agentId = "a", teamId, action = "tool_call" } of some) {
    const start = Math.floor(NOW / DAY_MS) * DAY_MS - day * DAY_MS;
    const events = Array.from({ length: count }, (_, n) => ({
      ts: new Date(start + n * 1000),
      agentId,
      ...(teamId === undefined ? {} : { teamId }),
      action,
      decision: "allow",
      payload: { n, day },
    }));
    const { rejected } = await storage.audit.append(events);
    if (rejected.length > 0) throw new Error(rejected[0]?.reason);
  }
}

export async function all(events: AsyncIterable<AuditEvent>): Promise<AuditEvent[]> {
  const found: AuditEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}
