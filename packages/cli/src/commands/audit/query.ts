import { MAX_PAGE_LIMIT } from "@agent-assembly/storage-core";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import { parseChoice, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { renderEvents } from "./view-events.js";

interface QueryOptions extends FilterOptions {
  readonly limit: string;
  readonly cursor?: string;
  readonly order: string;
}

export async function auditQuery(context: Context, options: QueryOptions): Promise<ExitCode> {
  const filter = toFilter(options, context.now());
  const page = {
    limit: parseInteger("--limit", options.limit, 1, MAX_PAGE_LIMIT),
    order: parseChoice("--order", options.order, ["newest", "oldest"] as const),
    cursor: options.cursor,
  };
  return context.withStorage(async (storage) => {
    const { items, next } = await storage.audit.query(filter, page);
    if (context.json) {
      await context.out.line(formatJson(next === undefined ? { items } : { items, next }));
    } else if (items.length === 0) {
      await context.out.line("No events match.");
    } else {
      await context.out.write(renderEvents(items, context.width, context.style, context.now()));
      if (next !== undefined) await context.out.line(context.style.dim(`More: repeat with --cursor ${next}`));
    }
    return EXIT.ok;
  });
}
