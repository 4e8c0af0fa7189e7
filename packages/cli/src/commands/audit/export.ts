import { eventTextFormat } from "@agent-assembly/storage-core/backend";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import { parseChoice } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { exportEvents } from "./export/export-events.js";
import { refuseJsonEvents } from "./export/refuse-json-events.js";
import { textEncoder } from "./export/text-encoder.js";

interface ExportOptions extends FilterOptions {
  readonly format: string;
  readonly out?: string;
  readonly recordedAt?: boolean;
}

export async function auditExport(context: Context, options: ExportOptions): Promise<ExitCode> {
  const out = options.out === "-" ? undefined : options.out;
  const format = parseChoice("--format", options.format, ["jsonl", "csv", "parquet"] as const);
  refuseJsonEvents(context, out);
  if (format === "parquet" && out === undefined && context.toTerminal) {
    throw new UsageError(
      "--format parquet writes binary data, which a terminal cannot show; add --out FILE, or redirect the output",
    );
  }
  const filter = toFilter(options, context.now());
  const encode =
    format === "parquet"
      ? (await import("./export/parquet-encoder.js")).encodeParquet
      : textEncoder(eventTextFormat(format, options.recordedAt === true));
  return context.withStorage(async (storage) => {
    await exportEvents(
      context,
      {
        events: storage.audit.stream(filter, { order: "oldest", signal: context.signal }),
        total: context.showProgress ? await storage.audit.count(filter) : undefined,
      },
      { encode, out },
    );
    return EXIT.ok;
  });
}
