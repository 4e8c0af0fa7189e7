import type { ParsedAuditFilter, ParsedSlice, PartitionDriver, TokenKeys } from "@agent-assembly/storage-core/backend";
import { type CommitOrder, positionOf, readCommitOrder } from "../audit/commit-order.js";
import { positionFor } from "../audit/history/judge.js";
import { decodePosition, encodePosition, type Place } from "../audit/history/position-token.js";
import type { Pool } from "../driver/pool.js";
import type { Seen } from "../replica/replica.js";
import type { RoutedAuditReader } from "../replica/routed-reader.js";
import { compressChunk, listChunks } from "./chunks/list-and-compress.js";
import { listDays } from "./days.js";
import { dropPart } from "./drop.js";
import { measurePart } from "./measure.js";
import { type Part, withinPartition } from "./slice-sql.js";

export interface PostgresPartitionParts {
  readonly pool: Pool;
  readonly reader: Pick<RoutedAuditReader, "slices">;
  /** Sign positions. */
  readonly tokenKeys: TokenKeys | undefined;
}

/** What is archived is all there is. A replica spares the primary much, so that it is worth waiting for. */
const ALL_ROWS: Seen = { writes: "all", waitMs: 1000 };

/** Partitions on PostgreSQL: chunks of a hypertable, or UTC days of a plain table. */
export function createPostgresPartitionDriver({ pool, reader, tokenKeys }: PostgresPartitionParts): PartitionDriver {
  return {
    compress: (partition) => compressChunk(pool, partition),

    /** Counts rows, so it reads whole tables, but only little of compressed chunks. */
    async list(dataset) {
      return (await listChunks(pool, dataset)) ?? listDays(pool, dataset);
    },

    /** Neither blocks writers nor waits for them: rows that are not committed yet come after the position. */
    async measure(slice) {
      if (slice.dataset === "metrics") return measurePart(pool, { ...slice, asOf: undefined });
      const order = await readCommitOrder(pool);
      if (slice.asOf !== undefined)
        return { ...(await measurePart(pool, await positioned(pool, slice, tokenKeys))), asOf: slice.asOf };
      const position = positionOf(order.snapshot);
      const measured = await measurePart(pool, { ...slice, asOf: { ...order, position } });
      return { ...measured, asOf: encodePosition(order.origin, countedPlace(order, position), tokenKeys) };
    },

    async *slices(part) {
      const conditions = withinPartition(await positioned(pool, part, tokenKeys));
      yield* reader.slices(rangeFilter(part), "oldest", part.signal, { seen: ALL_ROWS, conditions });
    },

    async drop(wanted) {
      return dropPart(pool, await positioned(pool, wanted, tokenKeys), wanted);
    },
  };
}

/** @throws `invalid_argument` for a position of another store */
async function positioned(
  pool: Pool,
  { dataset, from, to, selection, asOf }: ParsedSlice,
  keys: TokenKeys | undefined,
): Promise<Part> {
  const part = { dataset, from, to, selection };
  if (asOf === undefined) return { ...part, asOf: undefined };
  const token = decodePosition("asOf", asOf, keys);
  const order = await readCommitOrder(pool);
  return { ...part, asOf: { ...order, position: await positionFor(pool, token, order) } };
}

/** Of a position behind everything: any transaction may have been counted. */
function countedPlace({ server, snapshot }: CommitOrder, position: Place["position"]): Place {
  const delivered = { recent: [], unlisted: [0, snapshot.next - 1] } as const;
  return { position, history: server.id, lsn: server.lsn, delivered };
}

function rangeFilter({ from, to }: Pick<ParsedSlice, "from" | "to">): ParsedAuditFilter {
  return { from, to, texts: [], dryRun: undefined, payload: [] };
}
