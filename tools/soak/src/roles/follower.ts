import type { Position } from "@agent-assembly/storage-core";
import type { Role } from "./role.js";

/** Events of one piece of work, at most: following is then begun again behind the last one. */
const EVENTS = 2000;

/** Follows the log. A process that is started again goes on behind the last event that it wrote down. */
export const follower: Role = {
  pauseMs: 100,
  async step({ storage, journal, random, signal, progress, tell }) {
    let left = random.between(1, EVENTS);
    const after = progress.position as Position | undefined;
    tell(after === undefined ? "follows from now on" : "follows again");
    for await (const { event, position } of storage.audit.tail({}, { signal, ...(after !== undefined && { after }) })) {
      // What the store records of changes was not sent by a writer.
      if (event.action !== "governance") journal.write({ kind: "delivered", id: event.eventId, position });
      progress.position = position;
      if (--left === 0) return;
    }
  },
};
