import { type AuditEvent, StorageError } from "@agent-assembly/storage-core";
import { type RangeOptions, toRange } from "../../args/time.js";
import { parseEventId } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { renderEvent } from "./view-events.js";

export async function auditShow(context: Context, options: RangeOptions, eventId: string): Promise<ExitCode> {
  parseEventId(eventId);
  const range = toRange(options, context.now());
  return context.withStorage(async (storage) => {
    // Time comes first in the key of events, so the filter has to look through all of the range.
    const { items } = await storage.audit.query({ ...range, eventId }, { limit: 2 });
    const event = single(items, eventId, storage.name);
    if (context.json) await context.out.line(formatJson(event));
    else await context.out.write(renderEvent(event, context.now(), context.style));
    return EXIT.ok;
  });
}

/** @throws `not_found`; `conflict` where one id was given to events of different times, which a store allows */
function single([event, other]: readonly AuditEvent[], eventId: string, backend: string): AuditEvent {
  const about = { operation: "audit.query", backend };
  if (event === undefined) {
    throw new StorageError({
      ...about,
      code: "not_found",
      message: `there is no event ${eventId} in the store`,
      remedy: "Run aasm audit query --json to see ids, or aasm archive query --event-id to search the archive.",
    });
  }
  if (other !== undefined) {
    throw new StorageError({
      ...about,
      code: "conflict",
      message: `several events have the id ${eventId}, such as those of ${formatTime(other.ts)} and ${formatTime(event.ts)}`,
      remedy: "Select one with --from and --to, or list them with aasm audit query --event-id.",
    });
  }
  return event;
}
