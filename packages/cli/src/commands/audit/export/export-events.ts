import { createHash } from "node:crypto";
import type { AuditEvent } from "@agent-assembly/storage-core";
import type { Context } from "../../../context.js";
import { formatBytes, formatCount } from "../../../terminal/format.js";
import { formatJson } from "../../../terminal/json.js";
import { Progress } from "../../../terminal/progress.js";
import { AtomicFile } from "./atomic-file.js";
import type { EventFormat } from "./event-format.js";

export interface EventsToExport {
  readonly events: AsyncIterable<AuditEvent>;
  /** For the progress bar; `undefined` when it is not known. */
  readonly total: number | undefined;
}

export interface ExportTarget {
  readonly format: EventFormat;
  /** Default: standard output. */
  readonly out: string | undefined;
}

/** Events handed to the output at a time: one write per event would cost more than the event. */
const WRITE_EVERY = 200;

/** Writes events to stdout, or to a file that is there only when it is complete, which is then reported. */
export async function exportEvents(context: Context, source: EventsToExport, target: ExportTarget): Promise<void> {
  const { format, out } = target;
  if (out === undefined) {
    await writeEvents(context, source, format, (text) => context.out.write(text));
    return;
  }
  const path = context.resolvePath(out);
  const file = await AtomicFile.create(path);
  const hash = createHash("sha256");
  let exported: number;
  try {
    exported = await writeEvents(context, source, format, async (text) => {
      hash.update(text);
      await file.write(text);
    });
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
  const report = { exported, file: path, bytes: file.bytes, sha256: hash.digest("hex") };
  await context.out.line(
    context.json
      ? formatJson(report)
      : `Exported ${formatCount(exported)} events (${formatBytes(file.bytes)}) to ${path}`,
  );
}

async function writeEvents(
  context: Context,
  { events, total }: EventsToExport,
  { header, line }: EventFormat,
  write: (text: string) => Promise<void>,
): Promise<number> {
  const progress = new Progress(context.err, context.showProgress, "exporting");
  let text = header;
  let pending = 0;
  let exported = 0;
  try {
    for await (const event of events) {
      // A stream ends quietly on abort, which must not pass for a complete export.
      context.signal.throwIfAborted();
      text += line(event);
      exported++;
      if (++pending < WRITE_EVERY) continue;
      await write(text);
      text = "";
      pending = 0;
      await progress.update(exported, total, `${formatCount(exported)} events`);
    }
    context.signal.throwIfAborted();
    if (text !== "") await write(text);
    return exported;
  } finally {
    await progress.finish();
  }
}
