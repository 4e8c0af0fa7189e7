import type { ParsedAuditFilter, ParsedSlice, PartitionDriver } from "@agent-assembly/storage-core/backend";
import { decodeUpTo, encodePosition, settle } from "../audit/commit-order.js";
import type { AuditReader } from "../audit/reader.js";
import type { Pool } from "../driver/pool.js";
import { compressChunk, listChunks } from "./chunks/list-and-compress.js";
import { listDays } from "./days.js";
import { dropPart } from "./drop.js";
import { measurePart } from "./measure.js";
import { type Part, withinPartition } from "./slice-sql.js";

export interface PostgresPartitionParts {
  readonly pool: Pool;
  readonly reader: Pick<AuditReader, "slices">;
  /** The sequence of commit order; quoted, with its schema. */
  readonly sequence: string;
}

/** Partitions on PostgreSQL: chunks of a hypertable, or UTC days of a plain table. */
export function createPostgresPartitionDriver({ pool, reader, sequence }: PostgresPartitionParts): PartitionDriver {
  return {
    compress: (partition) => compressChunk(pool, partition),

    /** Counts rows, so it reads whole tables, but only little of compressed chunks. */
    async list(dataset) {
      return (await listChunks(pool, dataset)) ?? listDays(pool, dataset);
    },

    /**
     * Does not block writers: it waits up to a second for inserting transactions. Rows of transactions that are still
     * open then, and rows committed concurrently with them, come after the position and are not counted.
     */
    async measure(slice) {
      const part = positioned(slice);
      if (part.dataset === "metrics") return measurePart(pool, part);
      const last = part.last ?? (await settle(pool, sequence)).seq;
      return { ...(await measurePart(pool, { ...part, last })), asOf: slice.asOf ?? encodePosition(last) };
    },

    slices: (part) => reader.slices(rangeFilter(part), "oldest", part.signal, withinPartition(positioned(part))),

    async drop(wanted) {
      return dropPart(pool, positioned(wanted), wanted);
    },
  };
}

/** @throws `invalid_argument` for a position of another store */
function positioned({ dataset, from, to, selection, asOf }: ParsedSlice): Part {
  return { dataset, from, to, selection, last: asOf === undefined ? undefined : decodeUpTo(asOf) };
}

function rangeFilter({ from, to }: Pick<ParsedSlice, "from" | "to">): ParsedAuditFilter {
  return { from, to, texts: [], dryRun: undefined, payload: [] };
}
