import {
  type AuditEvent,
  type AuditFilter,
  MAX_PAGE_LIMIT,
  type StorageBackend,
  type TailItem,
} from "@agent-assembly/storage-core";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import { parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson, formatJsonLine } from "../../terminal/json.js";
import { renderEventLine } from "./view-events.js";

interface TailCommandOptions extends FilterOptions {
  readonly lines: string;
  /** False with `--no-follow`. */
  readonly follow?: boolean;
  readonly after?: string;
}

export async function auditTail(context: Context, options: TailCommandOptions): Promise<ExitCode> {
  const filter = toFilter(options, context.now());
  const lines = parseInteger("--lines", options.lines, 0, MAX_PAGE_LIMIT);
  const follow = options.follow !== false;
  return context.withStorage(async (storage) => {
    if (!follow) {
      const latest = await latestEvents(storage, filter, lines);
      if (context.json) await context.out.line(formatJson({ items: latest }));
      else for (const event of latest) await context.out.write(renderEventLine(event, context.width, context.style));
      return EXIT.ok;
    }
    await followEvents(context, storage, filter, lines, options.after);
    return EXIT.ok;
  });
}

async function latestEvents(storage: StorageBackend, filter: AuditFilter, lines: number): Promise<AuditEvent[]> {
  if (lines === 0) return [];
  return (await storage.audit.query(filter, { limit: lines })).items.reverse();
}

async function followEvents(
  context: Context,
  storage: StorageBackend,
  filter: AuditFilter,
  lines: number,
  after: string | undefined,
): Promise<void> {
  const show = async (event: AuditEvent, position?: string): Promise<void> => {
    if (context.json) await context.out.line(formatJsonLine(position === undefined ? { event } : { event, position }));
    else await context.out.write(renderEventLine(event, context.width, context.style));
  };
  const tail = storage.audit.tail(filter, { signal: context.signal, after })[Symbol.asyncIterator]();
  // Started before the latest events are read, so that none falls between the two; those in both are shown once.
  let upcoming: Promise<IteratorResult<TailItem>> = tail.next();
  upcoming.catch(() => undefined);
  const shown = new Set<string>();
  if (after === undefined) {
    for (const event of await latestEvents(storage, filter, lines)) {
      shown.add(keyOf(event));
      await show(event);
    }
  }
  try {
    for (let item = await upcoming; item.done !== true; item = await upcoming) {
      if (!shown.delete(keyOf(item.value.event))) await show(item.value.event, item.value.position);
      upcoming = tail.next();
    }
  } finally {
    await tail.return?.();
  }
}

function keyOf(event: AuditEvent): string {
  return `${event.ts.getTime()} ${event.eventId}`;
}
