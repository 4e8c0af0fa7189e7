import { parseBucket } from "@agent-assembly/storage-core/backend";
import { type BucketOptions, toBucket } from "../../args/bucket.js";
import { parseDimensions } from "../../args/dimensions.js";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { renderSummaryChart, renderSummaryTable } from "./view-summary.js";

interface SummarizeOptions extends FilterOptions, BucketOptions {
  readonly groupBy?: string;
  readonly by?: string;
  readonly includeDropped?: boolean;
}

export async function auditSummarize(context: Context, options: SummarizeOptions): Promise<ExitCode> {
  const filter = toFilter(options, context.now());
  if (options.groupBy !== undefined && options.by !== undefined) {
    throw new UsageError("--by is another name of --group-by; give one of them.");
  }
  const dimensions = options.groupBy ?? options.by;
  const groupBy = dimensions === undefined ? [] : parseDimensions(dimensions);
  const bucket = toBucket(options);
  return context.withStorage(async (storage) => {
    const rows = await storage.audit.summarize(filter, { bucket, groupBy, includeDropped: options.includeDropped });
    if (context.json) {
      await context.out.line(formatJson({ rows }));
    } else if (rows.length === 0) {
      await context.out.line("No events match.");
    } else {
      const timeZone = bucket === undefined ? "UTC" : parseBucket(bucket).timeZone;
      await context.out.write(renderSummaryTable(rows, groupBy, timeZone, context.width, context.style));
      if (context.width !== undefined && (bucket !== undefined || groupBy.length > 0)) {
        await context.out.write(`\n${renderSummaryChart(rows, bucket, context.width, context.style)}`);
      }
    }
    return EXIT.ok;
  });
}
