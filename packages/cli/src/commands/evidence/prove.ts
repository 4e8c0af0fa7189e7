import { writeFile } from "node:fs/promises";
import { type EventProof, proveEvent, proveStatement, type StatementProof } from "@agent-assembly/evidence";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { fileError } from "@agent-assembly/storage-core/backend";
import { type RangeOptions, toRange } from "../../args/time.js";
import { parseEventId, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatCount } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";

interface ProveOptions extends RangeOptions {
  readonly out?: string;
  readonly leaf?: string;
}

export async function evidenceProve(context: Context, options: ProveOptions, eventId?: string): Promise<ExitCode> {
  const prove = proverOf(context, options, eventId);
  const file = options.out === undefined ? undefined : context.resolvePath(options.out);
  return context.withStorage(
    async (storage) => {
      const proven = await prove(storage);
      if (file !== undefined) await writeNew(file, proven.proof);
      if (file === undefined && !context.json) {
        await context.out.write(proven.proof);
        return EXIT.ok;
      }
      const what = `leaf ${formatCount(proven.leaf)} of the ${formatCount(proven.size)} of ${proven.origin}`;
      const of = "kind" in proven ? `the ${proven.kind} statement` : "the event";
      const text = escapeText(`Wrote ${file}: ${of} is ${what}.`);
      await context.out.line(context.json ? formatJson(proven) : text);
      return EXIT.ok;
    },
    { readsOnly: true },
  );
}

function proverOf(
  context: Context,
  options: ProveOptions,
  eventId: string | undefined,
): (storage: StorageBackend) => Promise<EventProof | StatementProof> {
  if ((eventId === undefined) === (options.leaf === undefined))
    throw new UsageError("name either an event by its id, or a statement with --leaf");
  const range = toRange(options, context.now());
  if (eventId !== undefined) {
    const id = parseEventId(eventId);
    return (storage) => proveEvent(storage, id, range);
  }
  const leaf = parseInteger("--leaf", options.leaf ?? "", 0, Number.MAX_SAFE_INTEGER);
  if (range.from !== undefined || range.to !== undefined) throw new UsageError("--from and --to are for events");
  return (storage) => proveStatement(storage, leaf);
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    throw fileError(error, file);
  }
}
