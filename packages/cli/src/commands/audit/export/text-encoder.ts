import type { EventTextFormat } from "@agent-assembly/storage-core/backend";
import type { EventEncoder } from "./export-events.js";

/** Events handed to the output at a time: one write per event would cost more than the event. */
const WRITE_EVERY = 200;

/** Writes a line for each event. */
export function textEncoder({ header, line }: EventTextFormat): EventEncoder {
  return async (events, { write, report, signal }) => {
    let text = header;
    let pending = 0;
    let exported = 0;
    for await (const event of events) {
      // A stream ends quietly on abort, which must not pass for a complete export.
      signal.throwIfAborted();
      text += line(event);
      exported++;
      if (++pending < WRITE_EVERY) continue;
      await write(text);
      text = "";
      pending = 0;
      await report(exported);
    }
    signal.throwIfAborted();
    if (text !== "") await write(text);
    return exported;
  };
}
