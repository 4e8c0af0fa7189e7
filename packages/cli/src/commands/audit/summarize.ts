import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { errorInit, parseBucket } from "@agent-assembly/storage-core/backend";
import { type BucketOptions, toBucket } from "../../args/bucket.js";
import { parseDimensions } from "../../args/dimensions.js";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { renderExplanation } from "./view-explanation.js";
import { renderSummaryChart, renderSummaryTable } from "./view-summary.js";

interface SummarizeOptions extends FilterOptions, BucketOptions {
  readonly groupBy?: string;
  readonly by?: string;
  readonly includeDropped?: boolean;
  readonly explain?: boolean;
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
    const request = { bucket, groupBy, includeDropped: options.includeDropped };
    const rows = await storage.audit.summarize(filter, request).catch(namingFlag);
    const explanation = options.explain ? await storage.audit.explain(filter, request) : undefined;
    if (context.json) {
      await context.out.line(formatJson({ rows, explanation }));
    } else if (rows.length === 0) {
      await context.out.line("No events match.");
    } else {
      const timeZone = bucket === undefined ? "UTC" : parseBucket(bucket).timeZone;
      await context.out.write(renderSummaryTable(rows, groupBy, timeZone, context.width, context.style));
      if (context.width !== undefined && (bucket !== undefined || groupBy.length > 0)) {
        await context.out.write(`\n${renderSummaryChart(rows, bucket, context.width, context.style)}`);
      }
    }
    if (explanation !== undefined && !context.json) {
      await context.out.write(`\n${renderExplanation(explanation, context.width, context.style)}`);
    }
    return EXIT.ok;
  });
}

/** What cannot be said of dropped events is a matter of the command line. */
function namingFlag(error: unknown): never {
  if (!isStorageError(error) || error.option !== "request.includeDropped") throw error;
  const { message } = new StorageError({ ...errorInit(error), option: "--include-dropped" });
  throw new UsageError(message);
}
