import type { Role, Workplace } from "./role.js";

/** How many events of agents, which only grow, were there when it last looked. */
const seen = new Map<string, number>();

/** Pages, streams and sums up what writers append meanwhile. */
export const reader: Role = {
  pauseMs: 100,
  async step(place) {
    const work = place.random.pick([growsOnly, pagesOnce, streamsInOrder]);
    await work(place);
  },
};

async function growsOnly({ storage, report }: Workplace): Promise<void> {
  for (const { key, count } of await storage.audit.summarize({}, { groupBy: ["agentId"] })) {
    if (!key.agentId.endsWith("-new")) continue;
    const before = seen.get(key.agentId) ?? 0;
    if (count < before) report(`${key.agentId} had ${before} events, and has ${count}`);
    seen.set(key.agentId, count);
  }
}

async function pagesOnce({ storage, report }: Workplace): Promise<void> {
  const ids = new Set<string>();
  let cursor: string | undefined;
  for (let pages = 0; pages < 5; pages++) {
    const { items, next } = await storage.audit.query({}, { limit: 50, cursor: cursor as never });
    for (const { eventId } of items) {
      if (ids.has(eventId)) report(`event ${eventId} is on two pages`);
      ids.add(eventId);
    }
    if (next === undefined) return;
    cursor = next;
  }
}

async function streamsInOrder({ storage, report, signal }: Workplace): Promise<void> {
  let before: { ts: Date; eventId: string } | undefined;
  let left = 2000;
  for await (const event of storage.audit.stream({}, { order: "newest", signal })) {
    if (
      before !== undefined &&
      (event.ts > before.ts || (+event.ts === +before.ts && event.eventId >= before.eventId))
    ) {
      report(`event ${event.eventId} comes after ${before.eventId}`);
    }
    before = event;
    if (--left === 0) return;
  }
}
