import type { Archive } from "@agent-assembly/retention";
import { type AuditEvent, type AuditFilter, type AuditOrder, MAX_PAGE_LIMIT } from "@agent-assembly/storage-core";
import { eventTextFormat } from "@agent-assembly/storage-core/backend";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import { parseChoice, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { exportEvents } from "../audit/export/export-events.js";
import { refuseJsonEvents } from "../audit/export/refuse-json-events.js";
import { textEncoder } from "../audit/export/text-encoder.js";
import { renderEvents } from "../audit/view-events.js";
import { type ArchiveOptions, withArchive } from "./access.js";

interface QueryOptions extends ArchiveOptions, FilterOptions {
  readonly limit?: string;
  readonly order?: string;
  readonly format: string;
  readonly out?: string;
  readonly recordedAt?: boolean;
}

const DEFAULT_LIMIT = 50;

export async function archiveQuery(context: Context, options: QueryOptions): Promise<ExitCode> {
  const format = parseChoice("--format", options.format, ["table", "jsonl", "csv"] as const);
  const filter = toFilter(options, context.now());
  const order =
    options.order === undefined ? undefined : parseChoice("--order", options.order, ["newest", "oldest"] as const);
  const most = format === "table" ? MAX_PAGE_LIMIT : Number.MAX_SAFE_INTEGER;
  const limit = options.limit === undefined ? undefined : parseInteger("--limit", options.limit, 1, most);
  if (format === "table") {
    for (const [flag, given] of [
      ["--out", options.out !== undefined],
      ["--recorded-at", options.recordedAt === true],
    ] as const) {
      if (given) throw new UsageError(`${flag} is for --format jsonl or csv; add one of them`);
    }
    return withArchive(context, options, (archive) =>
      showPage(context, archive, filter, order ?? "newest", limit ?? DEFAULT_LIMIT),
    );
  }
  refuseJsonEvents(context, options.out);
  return withArchive(context, options, async (archive) => {
    const events = archive.events(filter, { order: order ?? "oldest", signal: context.signal });
    await exportEvents(
      context,
      { events: limit === undefined ? events : first(events, limit), total: limit },
      { encode: textEncoder(eventTextFormat(format, options.recordedAt === true)), out: options.out },
    );
    return EXIT.ok;
  });
}

async function showPage(
  context: Context,
  archive: Archive,
  filter: AuditFilter,
  order: AuditOrder,
  limit: number,
): Promise<ExitCode> {
  const found: AuditEvent[] = [];
  const events = archive.events(filter, { order, signal: context.signal });
  for await (const event of first(events, limit + 1)) found.push(event);
  context.signal.throwIfAborted();
  const items = found.slice(0, limit);
  const more = found.length > limit;
  if (context.json) {
    await context.out.line(formatJson(more ? { items, more } : { items }));
  } else if (items.length === 0) {
    await context.out.line("No events match.");
  } else {
    await context.out.write(renderEvents(items, context.width, context.style, context.now()));
    if (more) await context.out.line(context.style.dim("There are more: narrow --from and --to, or raise --limit"));
  }
  return EXIT.ok;
}

async function* first(events: AsyncIterable<AuditEvent>, count: number): AsyncGenerator<AuditEvent> {
  let left = count;
  for await (const event of events) {
    yield event;
    if (--left === 0) return;
  }
}
