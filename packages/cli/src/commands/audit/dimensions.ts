import { didYouMean, SUMMARY_DIMENSIONS, type SummaryDimension } from "@agent-assembly/storage-core";
import { UsageError } from "../../exit.js";

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
