import { writeFile } from "node:fs/promises";
import { proveEvent } from "@agent-assembly/evidence";
import { fileError } from "@agent-assembly/storage-core/backend";
import { type RangeOptions, toRange } from "../../args/time.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatCount } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";

interface ProveOptions extends RangeOptions {
  readonly out?: string;
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

export async function evidenceProve(context: Context, options: ProveOptions, eventId: string): Promise<ExitCode> {
  if (!UUID.test(eventId)) {
    throw new UsageError(
      `event id is ${JSON.stringify(eventId.slice(0, 80))}; allowed: a UUID, as audit query --json lists them`,
    );
  }
  const range = toRange(options, context.now());
  const file = options.out === undefined ? undefined : context.resolvePath(options.out);
  return context.withStorage(
    async (storage) => {
      const proven = await proveEvent(storage, eventId.toLowerCase(), range);
      if (file !== undefined) await writeNew(file, proven.proof);
      if (context.json) await context.out.line(formatJson(proven));
      else if (file === undefined) await context.out.write(proven.proof);
      else {
        const what = `leaf ${formatCount(proven.leaf)} of the ${formatCount(proven.size)} of ${proven.origin}`;
        await context.out.line(escapeText(`Wrote ${file}: the event is ${what}.`));
      }
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
