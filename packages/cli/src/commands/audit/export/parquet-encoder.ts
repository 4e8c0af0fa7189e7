import { writeParquet } from "@agent-assembly/retention";
import type { AuditEvent } from "@agent-assembly/storage-core";
import type { EventEncoder, EventOutput } from "./export-events.js";

const REPORT_EVERY = 200;

/** Writes the columns of archived files. */
export const encodeParquet: EventEncoder = (events, output) =>
  writeParquet(reported(events, output), output.write, { signal: output.signal });

async function* reported(
  events: AsyncIterable<AuditEvent>,
  { report }: Pick<EventOutput, "report">,
): AsyncGenerator<AuditEvent> {
  let exported = 0;
  for await (const event of events) {
    yield event;
    if (++exported % REPORT_EVERY === 0) await report(exported);
  }
}
