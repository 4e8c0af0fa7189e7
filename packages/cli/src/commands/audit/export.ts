import { type FilterOptions, toFilter } from "../../args/filter.js";
import { parseChoice } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { eventFormat, refuseJsonEvents } from "./export/event-format.js";
import { exportEvents } from "./export/export-events.js";

interface ExportOptions extends FilterOptions {
  readonly format: string;
  readonly out?: string;
  readonly recordedAt?: boolean;
}

export async function auditExport(context: Context, options: ExportOptions): Promise<ExitCode> {
  const format = parseChoice("--format", options.format, ["jsonl", "csv"] as const);
  refuseJsonEvents(context, options.out);
  const filter = toFilter(options, context.now());
  return context.withStorage(async (storage) => {
    await exportEvents(
      context,
      {
        events: storage.audit.stream(filter, { order: "oldest", signal: context.signal }),
        total: context.showProgress ? await storage.audit.count(filter) : undefined,
      },
      { format: eventFormat(format, options.recordedAt === true), out: options.out },
    );
    return EXIT.ok;
  });
}
