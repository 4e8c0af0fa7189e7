import { createHash } from "node:crypto";
import type { AuditEvent } from "@agent-assembly/storage-core";
import type { Context } from "../../../context.js";
import { eventsText, formatBytes } from "../../../terminal/format.js";
import { formatJson } from "../../../terminal/json.js";
import { Progress } from "../../../terminal/progress.js";
import { AtomicFile } from "./atomic-file.js";

export interface EventsToExport {
  readonly events: AsyncIterable<AuditEvent>;
  /** For the progress bar; `undefined` when it is not known. */
  readonly total: number | undefined;
}

export interface ExportTarget {
  readonly encode: EventEncoder;
  /** Default: standard output. */
  readonly out: string | undefined;
}

/** Writes events in one format. @returns how many */
export type EventEncoder = (events: AsyncIterable<AuditEvent>, output: EventOutput) => Promise<number>;

export interface EventOutput {
  /** @param data text, or bytes that do not change afterwards */
  write(data: string | Uint8Array): Promise<void>;
  /** Shows how many events are done. */
  report(exported: number): Promise<void>;
  readonly signal: AbortSignal;
}

/** Writes events to stdout, or to a file that is there only when it is complete, which is then reported. */
export async function exportEvents(context: Context, source: EventsToExport, target: ExportTarget): Promise<void> {
  const { encode, out } = target;
  if (out === undefined) {
    await encodeEvents(context, source, encode, (data) => context.out.write(data));
    return;
  }
  const path = context.resolvePath(out);
  const file = await AtomicFile.create(path);
  const hash = createHash("sha256");
  let exported: number;
  try {
    exported = await encodeEvents(context, source, encode, async (data) => {
      hash.update(data);
      await (typeof data === "string" ? file.write(data) : file.writeBytes(data));
    });
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
  const report = { exported, file: path, bytes: file.bytes, sha256: hash.digest("hex") };
  await context.out.line(
    context.json ? formatJson(report) : `Exported ${eventsText(exported)} (${formatBytes(file.bytes)}) to ${path}`,
  );
}

async function encodeEvents(
  context: Context,
  { events, total }: EventsToExport,
  encode: EventEncoder,
  write: EventOutput["write"],
): Promise<number> {
  const progress = new Progress(context.err, context.showProgress, "exporting");
  try {
    return await encode(events, {
      write,
      report: (exported) => progress.update(exported, total, eventsText(exported)),
      signal: context.signal,
    });
  } finally {
    await progress.finish();
  }
}
