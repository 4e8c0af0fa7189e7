import type { AuditEvent, AuditOrder } from "@agent-assembly/storage-core";
import type { AuditEventRow, AuditKey, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import type { AuditReader } from "../audit/reader.js";
import type { Conditions } from "../sql/bindings.js";
import type { Reads } from "./reads.js";
import { OWN_WRITES, type Seen } from "./replica.js";

/** A replica is usually there in less. */
const NEXT_PAGE: Seen = { writes: "all", waitMs: 50 };

/** What the rows of an iteration must meet. */
export interface RoutedSlices {
  readonly seen?: Seen;
  /** Further conditions on a row. */
  readonly conditions?: Conditions;
}

/** Reads events from wherever {@link Reads} says, without skipping or repeating any between servers. */
export class RoutedAuditReader {
  constructor(
    private readonly reader: AuditReader,
    private readonly reads: Reads,
  ) {}

  /** The page before may have come from the primary, and through another process: the next one sees all that it saw. */
  page(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
  ): Promise<AuditEvent[]> {
    return this.reads.run(
      (server) => this.reader.page(filter, order, after, limit, server),
      after === undefined ? OWN_WRITES : NEXT_PAGE,
    );
  }

  slices(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    signal: AbortSignal | undefined,
    { seen, conditions }: RoutedSlices = {},
  ): AsyncIterable<AuditEventRow[]> {
    return this.reads.iterate<AuditEventRow>(
      (server, after) => this.reader.slices(filter, order, signal, { server, after, conditions }),
      seen,
    );
  }
}
