import { erasureEvidence } from "@agent-assembly/evidence";
import { erasableArchives } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { HELD_AGENT } from "../settings.js";
import type { Role, Workplace } from "./role.js";

/** What another erasure that was killed holds up the next one, and more. */
const WAIT_MS = 30_000;
/** Erasures without archives, for one with them: these look through every file. */
const WITHOUT_ARCHIVES = 4;
const LOOKED_AT = 100;

/** Erases parts of the events of one session after the other, while they are archived and sealed. */
export const eraser: Role = {
  pauseMs: 2000,
  async step(place) {
    const { storage, journal, random, tell, report } = place;
    const found = await pick(place);
    if (found === undefined) return;
    const { sessionId, isHeld } = found;
    journal.write({ kind: "erasing", sessionId });
    const isArchived = random.between(0, WITHOUT_ARCHIVES) === 0;
    const { events: erased } = await eraseSessions(storage, [sessionId], { isArchived, waitMs: WAIT_MS });
    journal.write({ kind: "erased", sessionId });
    tell(`erased parts of ${erased} events`);
    if (isHeld && erased > 0) report(`events of ${sessionId}, which are under a legal hold, were erased`);
    const left = await storage.audit.count({ sessionId });
    if (left > 0) report(`${left} events are left of ${sessionId}, which was erased`);
  },
};

/** Erases what tells the sessions of events. The request does not name them: its text is kept. */
export async function eraseSessions(
  storage: StorageBackend,
  sessionIds: readonly string[],
  { isArchived, waitMs }: { readonly isArchived: boolean; readonly waitMs: number },
): Promise<{ readonly events: number; readonly remains: readonly string[] }> {
  const evidence = erasureEvidence(storage, { waitMs });
  const request = { parts: ["sessionId", "payload:/text"], request: "soak", basis: "Art. 17", actor: "soak" };
  return storage.erase(
    { ...request, filter: { sessionId: sessionIds } },
    { evidence, archives: isArchived ? await erasableArchives(storage, { evidence }) : [] },
  );
}

/** A session of one of the events that are there. */
async function pick({
  storage,
  random,
}: Workplace): Promise<{ readonly sessionId: string; readonly isHeld: boolean } | undefined> {
  const order = random.pick(["newest", "oldest"] as const);
  const { items } = await storage.audit.query({}, { limit: LOOKED_AT, order });
  const events = items.filter((event) => event.sessionId !== undefined);
  if (events.length === 0) return undefined;
  const { sessionId, agentId } = random.pick(events);
  return sessionId === undefined ? undefined : { sessionId, isHeld: agentId === HELD_AGENT };
}
