import type { AuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { NOW, uuid } from "../support/fixtures.js";
import { Follower, PROBES } from "../support/follower.js";
import { command } from "./command.js";
import { positionBefore } from "./slices.js";
import { maybe, name } from "./values.js";

/** How many tails a history read: each ends at an event of its own. */
const ends = new WeakMap<StorageBackend, number>();

/** All that a tail delivers behind a position, as it is now; by key, since a store may order the events of one call as it likes. */
async function tail(backend: StorageBackend, at: number, agentId: string | undefined): Promise<unknown> {
  const after = await positionBefore(backend, at);
  if (after === undefined) return undefined;
  const n = ends.get(backend) ?? 0;
  ends.set(backend, n + 1);
  const last = { ts: new Date(NOW), eventId: uuid(PROBES + n), agentId: "last", action: "message", decision: "allow" };
  await backend.audit.append([last]);
  const follower = new Follower(backend, agentId === undefined ? {} : { agentId: [agentId, "last"] }, { after });
  try {
    const delivered: AuditEvent[] = [];
    for (;;) {
      const item = await follower.next();
      if (item === undefined) throw new Error("the tail ended");
      delivered.push(item.event);
      if (item.event.eventId === last.eventId) return delivered.toSorted(byKey);
    }
  } finally {
    await follower.stop();
  }
}

function byKey(a: AuditEvent, b: AuditEvent): number {
  return a.ts.getTime() - b.ts.getTime() || (a.eventId < b.eventId ? -1 : 1);
}

/** Tails from the positions that a history took. */
export const tailCommand = command("audit.tail", [fc.nat(9), maybe(name)], tail);
