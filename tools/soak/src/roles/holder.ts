import { setTimeout as sleep } from "node:timers/promises";
import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { uuidV7 } from "@agent-assembly/storage-core/backend";
import { OLD_DAYS } from "../settings.js";
import type { Role } from "./role.js";

const DAY_MS = 86_400_000;
const LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY };

/** Places a hold, appends old events under it, looks whether they stay, and releases it. */
export const holder: Role = {
  pauseMs: 500,
  async step({ storage, journal, random, name, signal, report }) {
    const agentId = `${name} ${uuidV7(Date.now())}`;
    const { holdId } = await storage.holds.place({ agentId, reason: "soak", actor: name });
    const days = random.between(...OLD_DAYS);
    const events: NewAuditEvent[] = Array.from({ length: 5 }, () => ({
      eventId: uuidV7(Date.now()),
      ts: new Date(Date.now() - days * DAY_MS),
      agentId,
      action: "message",
      decision: "allow",
    }));
    journal.write({
      kind: "sent",
      events: events.map(({ eventId }) => ({ id: eventId as string, agentId, age: "old" })),
    });
    await storage.audit.append(events, { limits: LIMITS });
    journal.write({ kind: "stored", ids: events.map(({ eventId }) => eventId as string) });
    await sleep(random.between(500, 5000), undefined, { signal, ref: true }).catch(() => undefined);
    const kept = await storage.audit.count({ agentId, action: "message" });
    if (kept !== events.length) {
      report(`${kept} of ${events.length} held events of ${agentId} are left`);
    }
    await storage.holds.release(holdId, { actor: name, reason: "looked" });
  },
};
