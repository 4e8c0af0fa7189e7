import type { AuditOrder } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  matchesAuditFilter,
  matchesPayload,
  type ParsedAuditFilter,
} from "@agent-assembly/storage-core/backend";
import { damaged } from "../errors.js";
import type { ArchivedRow } from "../parquet/columns.js";
import type { ParquetFile } from "../parquet/file.js";
import { mayMatch } from "../parquet/row-group-pruning.js";

export interface EventQuery {
  readonly filter: ParsedAuditFilter;
  readonly order: AuditOrder;
  readonly signal: AbortSignal | undefined;
}

/** The matching events of one file in order, a row group at a time; those that cannot match are not read. */
export async function* fileEvents(
  parquet: ParquetFile,
  place: string,
  { filter, order, signal }: EventQuery,
): AsyncGenerator<readonly ArchivedRow[]> {
  const groups = parquet.groups.filter(({ group }) => mayMatch(group, filter));
  if (order === "newest") groups.reverse();
  const keyFilter = { ...filter, payload: [] };
  for (const group of groups) {
    signal?.throwIfAborted();
    const events = await parquet.read(group, (event) => matchesAuditFilter(keyFilter, event));
    const matching =
      filter.payload.length === 0 ? events : events.filter((event) => payloadMatches(filter, event, place));
    if (matching.length > 0) yield order === "newest" ? matching.reverse() : matching;
  }
}

function payloadMatches(filter: ParsedAuditFilter, event: AuditEventRow, place: string): boolean {
  try {
    return matchesPayload(filter.payload, event.payload);
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(place, "a payload is not JSON", error);
    throw error;
  }
}
