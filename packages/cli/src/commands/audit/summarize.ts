import type { SummaryDimension } from "@agent-assembly/storage-core";
import { didYouMean, parseBucket, SUMMARY_DIMENSIONS } from "@agent-assembly/storage-core/backend";
import { type BucketOptions, toBucket } from "../../args/bucket.js";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import { parseList } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { renderSummaryChart, renderSummaryTable } from "./view-summary.js";

interface SummarizeOptions extends FilterOptions, BucketOptions {
  readonly by?: string;
}

export async function auditSummarize(context: Context, options: SummarizeOptions): Promise<ExitCode> {
  const filter = toFilter(options, context.now());
  const by: SummaryDimension[] = options.by === undefined ? [] : checkDimensions(parseList("--by", options.by));
  const bucket = toBucket(options);
  return context.withStorage(async (storage) => {
    const rows = await storage.audit.summarize(filter, { bucket, by });
    if (context.json) {
      await context.out.line(formatJson({ rows }));
    } else if (rows.length === 0) {
      await context.out.line("No events match.");
    } else {
      const timeZone = bucket === undefined ? "UTC" : parseBucket(bucket).timeZone;
      await context.out.write(renderSummaryTable(rows, by, timeZone, context.width, context.style));
      if (context.width !== undefined && (bucket !== undefined || by.length > 0)) {
        await context.out.write(`\n${renderSummaryChart(rows, bucket, context.width, context.style)}`);
      }
    }
    return EXIT.ok;
  });
}

/** @throws UsageError for a dimension events cannot be counted by */
export function checkDimensions(names: readonly string[]): SummaryDimension[] {
  for (const [index, name] of names.entries()) {
    if (!SUMMARY_DIMENSIONS.some((known) => known === name) && !/^agent\.metadata\../.test(name)) {
      throw new UsageError(
        `--by names ${JSON.stringify(name)}; allowed: ${SUMMARY_DIMENSIONS.join(", ")}, agent.metadata.KEY.${didYouMean(name, SUMMARY_DIMENSIONS)}`,
      );
    }
    if (names.indexOf(name) !== index) throw new UsageError(`--by names ${name} twice; name each dimension once`);
  }
  return names as SummaryDimension[];
}
