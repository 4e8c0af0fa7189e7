import type { SummaryDimension } from "@agent-assembly/storage-core";
import { AUDIT_EVENT_COLUMNS, didYouMean } from "@agent-assembly/storage-core/backend";
import { UsageError } from "../exit.js";
import { parseList } from "./values.js";

const COLUMNS = AUDIT_EVENT_COLUMNS.filter((column) => "dimension" in column);

/** The names of the dimensions in options and headings; their members are accepted too. */
export const DIMENSION_NAMES: readonly string[] = COLUMNS.map(({ label }) => label);

/** @throws UsageError for a dimension by which events cannot be counted */
export function parseDimensions(text: string): SummaryDimension[] {
  const names = parseList("--group-by", text);
  const dimensions = names.map(toDimension);
  for (const [index, dimension] of dimensions.entries()) {
    if (dimensions.indexOf(dimension) !== index) {
      throw new UsageError(`--group-by names ${names[index]} twice; name each dimension once`);
    }
  }
  return dimensions;
}

function toDimension(name: string): SummaryDimension {
  const column = COLUMNS.find(({ label, member }) => label === name || member === name);
  if (column !== undefined) return column.member;
  if (/^agent\.metadata\../.test(name)) return name as SummaryDimension;
  throw new UsageError(
    `--group-by names ${JSON.stringify(name)}; allowed: ${DIMENSION_NAMES.join(", ")}, agent.metadata.KEY.${didYouMean(name, DIMENSION_NAMES)}`,
  );
}

/** The heading of a dimension. */
export function dimensionTitle(dimension: SummaryDimension): string {
  return (COLUMNS.find(({ member }) => member === dimension)?.label ?? dimension).toUpperCase();
}
