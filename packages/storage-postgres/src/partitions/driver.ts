import type { PartitionMeasure } from "@agent-assembly/storage-core";
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
import { type CountedMeasures, measureCounted, measureRows } from "./measure.js";
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
    async measure(slices) {
      let placed = await placeSlices(pool, slices, tokenKeys);
      let counted = await countedOf(pool, placed);
      // Events were counted meanwhile: behind them, counts tell again.
      if (counted?.isAhead === true && slices.some(({ asOf }) => asOf === undefined)) {
        placed = await placeSlices(pool, slices, tokenKeys);
        counted = await countedOf(pool, placed);
      }
      const measures: PartitionMeasure[] = [];
      for (const [n, { part, asOf }] of placed.entries()) {
        const measured = counted?.measures[n] ?? (await measureRows(pool, part));
        measures.push(asOf === undefined ? measured : { ...measured, asOf });
      }
      return measures;
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

/** A slice, and the position to give back with its measure; metrics have none. */
interface PlacedSlice {
  readonly part: Part;
  readonly asOf: NonNullable<PartitionMeasure["asOf"]> | undefined;
}

/** Those without a position are placed behind everything that is committed. @throws `invalid_argument` as {@link positioned} does */
async function placeSlices(
  pool: Pool,
  slices: readonly ParsedSlice[],
  keys: TokenKeys | undefined,
): Promise<PlacedSlice[]> {
  if (slices.every(({ dataset }) => dataset === "metrics")) {
    return slices.map((slice) => ({ part: { ...slice, asOf: undefined }, asOf: undefined }));
  }
  const order = await readCommitOrder(pool);
  const position = positionOf(order.snapshot);
  const newest = encodePosition(order.origin, countedPlace(order, position), keys);
  const placed: PlacedSlice[] = [];
  const known = new Map<string, Part["asOf"]>();
  for (const slice of slices) {
    if (slice.dataset === "metrics") placed.push({ part: { ...slice, asOf: undefined }, asOf: undefined });
    else if (slice.asOf === undefined) placed.push({ part: { ...slice, asOf: { ...order, position } }, asOf: newest });
    else {
      const asOf = known.get(slice.asOf) ?? (await positioned(pool, slice, keys)).asOf;
      known.set(slice.asOf, asOf);
      placed.push({ part: { ...slice, asOf }, asOf: slice.asOf as PlacedSlice["asOf"] });
    }
  }
  return placed;
}

/** @returns `undefined` where nothing is counted */
async function countedOf(pool: Pool, placed: readonly PlacedSlice[]): Promise<CountedMeasures | undefined> {
  return placed.some(({ part }) => part.dataset === "audit")
    ? measureCounted(
        pool,
        placed.map(({ part }) => part),
      )
    : undefined;
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
