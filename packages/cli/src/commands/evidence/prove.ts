import { writeFile } from "node:fs/promises";
import { proveEvent } from "@agent-assembly/evidence";
import { fileError } from "@agent-assembly/storage-core/backend";
import { type RangeOptions, toRange } from "../../args/time.js";
import { parseEventId } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatCount } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";

interface ProveOptions extends RangeOptions {
  readonly out?: string;
}

export async function evidenceProve(context: Context, options: ProveOptions, eventId: string): Promise<ExitCode> {
  const id = parseEventId(eventId);
  const range = toRange(options, context.now());
  const file = options.out === undefined ? undefined : context.resolvePath(options.out);
  return context.withStorage(
    async (storage) => {
      const proven = await proveEvent(storage, id, range);
      if (file !== undefined) await writeNew(file, proven.proof);
      if (file === undefined && !context.json) {
        await context.out.write(proven.proof);
        return EXIT.ok;
      }
      const what = `leaf ${formatCount(proven.leaf)} of the ${formatCount(proven.size)} of ${proven.origin}`;
      const text = escapeText(`Wrote ${file}: the event is ${what}.`);
      await context.out.line(context.json ? formatJson(proven) : text);
      return EXIT.ok;
    },
    { readsOnly: true },
  );
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    throw fileError(error, file);
  }
}
