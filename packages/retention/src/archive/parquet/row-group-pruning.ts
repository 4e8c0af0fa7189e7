import {
  AUDIT_COLUMN_OF,
  type AuditTextField,
  compareText,
  type ParsedAuditFilter,
} from "@agent-assembly/storage-core/backend";
import type { RowGroup } from "hyparquet";
import { LEAF_COLUMN } from "./columns.js";

/** Whether the statistics of a row group leave room for an event that the filter takes. */
export function mayMatch(group: RowGroup, filter: ParsedAuditFilter): boolean {
  const { min_value: first, max_value: last } = statisticsOf(group, "ts") ?? {};
  // Times in statistics are decoded as in rows, to milliseconds.
  if (filter.to !== undefined && Number(first) >= filter.to) return false;
  if (filter.from !== undefined && Number(last) < filter.from) return false;
  return filter.texts.every(({ field, values }) => mayHold(group, field, values));
}

/** Whether a row group can have leaves from one to before another. */
export function mayHaveLeaves(group: RowGroup, from: number, to: number): boolean {
  const statistics = group.columns.find(({ meta_data: chunk }) => chunk?.path_in_schema[0] === LEAF_COLUMN.name)?.meta_data
    ?.statistics;
  if (statistics === undefined) return true;
  if (statistics.null_count === group.num_rows) return false;
  const { min_value: first, max_value: last } = statistics;
  return first === undefined || last === undefined || (Number(first) < to && Number(last) >= from);
}

function mayHold(group: RowGroup, field: AuditTextField, values: readonly string[]): boolean {
  // A file without the column has no event with the member.
  if (chunkOf(group, field) === undefined) return false;
  const statistics = statisticsOf(group, field);
  if (statistics === undefined) return true;
  if (statistics.null_count === group.num_rows) return false;
  const { min_value: min, max_value: max } = statistics;
  if (typeof min !== "string" || typeof max !== "string") return true;
  return values.some((value) => compareText(value, min) >= 0 && compareText(value, max) <= 0);
}

function statisticsOf(group: RowGroup, field: AuditTextField | "ts") {
  return chunkOf(group, field)?.meta_data?.statistics;
}

function chunkOf(group: RowGroup, field: AuditTextField | "ts") {
  const name = AUDIT_COLUMN_OF[field];
  return group.columns.find(({ meta_data: chunk }) => chunk?.path_in_schema[0] === name);
}
