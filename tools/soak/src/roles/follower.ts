import type { Position } from "@agent-assembly/storage-core";
import type { Role } from "./role.js";

/** Follows the log. A process that is started again goes on behind the last event that it wrote down. */
export const follower: Role = {
  pauseMs: 500,
  async step({ storage, journal, signal, progress, tell }) {
    const after = progress.position as Position | undefined;
    tell(after === undefined ? "follows from now on" : "follows again");
    for await (const { event, position } of storage.audit.tail({}, { signal, ...(after !== undefined && { after }) })) {
      journal.write({ kind: "delivered", id: event.eventId, position });
      progress.position = position;
    }
  },
};
