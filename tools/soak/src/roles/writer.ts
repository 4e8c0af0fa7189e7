import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { uuidV7 } from "@agent-assembly/storage-core/backend";
import type { Age, SentEvent } from "../journal.js";
import { HELD_AGENT, OLD_DAYS, SESSION_PREFIX } from "../settings.js";
import { isExplained, type Role, type Workplace } from "./role.js";

const DAY_MS = 86_400_000;
const AGES: readonly Age[] = ["new", "new", "new", "old", "old", "held"];
const ATTEMPTS = 5;
const LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };

/** Appends batches of one to two hundred events; what it does not know the fate of, it sends again. */
export const writer: Role = {
  pauseMs: 20,
  async step(place) {
    const age = place.random.pick(AGES);
    const events = makeEvents(place, age, place.random.pick([1, 1, 3, 20, 200]));
    place.journal.write({
      kind: "sent",
      events: events.map(({ eventId, agentId }): SentEvent => ({ id: eventId as string, agentId, age })),
    });
    // What was archived meanwhile would be stored a second time.
    await append(place, events, age === "old" ? 1 : ATTEMPTS);
    const last = events.at(-1) as NewAuditEvent;
    if (age === "old") return;
    const stored = await place.storage.audit.count({ eventId: last.eventId as string });
    if (stored !== 1) {
      place.report(`${stored} events ${last.eventId} right after it was stored`);
    }
  },
};

async function append(
  { storage, journal, signal, report }: Workplace,
  events: NewAuditEvent[],
  attempts: number,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { inserted, duplicates, rejected } = await storage.audit.append(events, { limits: LIMITS });
      journal.write({ kind: "stored", ids: events.map(({ eventId }) => eventId as string) });
      if (rejected.length > 0 || inserted + duplicates !== events.length) {
        report(`append: ${inserted} + ${duplicates} of ${events.length}; ${rejected[0]?.reason}`);
      }
      if (attempt === 1 && duplicates > 0) {
        report(`append: ${duplicates} events were stored before they were sent`);
      }
      return;
    } catch (error) {
      if (!isExplained(error) || attempt === attempts || signal.aborted) throw error;
    }
  }
}

function makeEvents({ random, name }: Workplace, age: Age, count: number): NewAuditEvent[] {
  const agentId = age === "held" ? HELD_AGENT : `${name}-${age}`;
  const days = age === "new" ? 0 : random.between(...OLD_DAYS);
  const sessionId = `${SESSION_PREFIX}${uuidV7(Date.now())}`;
  return Array.from({ length: count }, (_, n) => ({
    eventId: uuidV7(Date.now()),
    ts: new Date(Date.now() - days * DAY_MS - n),
    agentId,
    sessionId,
    action: random.pick(["tool_call", "message", "policy_decision"]),
    decision: random.pick(["allow", "deny"]),
    payload: {
      tool: random.pick(["search", "mail", "é😀"]),
      n,
      text: `${sessionId} ${"x".repeat(random.between(0, 500))}`,
    },
  }));
}
