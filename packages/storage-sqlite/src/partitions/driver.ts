import { type ParsedSlice, type PartitionDriver, utcDay } from "@agent-assembly/storage-core/backend";
import type { Positions } from "../audit/position.js";
import type { ScanPool } from "../scan/pool.js";
import type { PartDropper } from "./drop.js";
import type { PartReader } from "./read.js";
import { SIZE, selectMeasure } from "./slice-sql.js";

const DAY_MS = 86_400_000;

export interface SqlitePartitionParts {
  readonly reader: PartReader;
  readonly dropper: PartDropper;
  readonly scans: ScanPool;
  readonly positions: Positions;
  /** The newest sequence number. */
  readonly newest: () => number;
}

/** Partitions on SQLite: UTC days of events. Nothing is compressed, and metrics are kept in memory. */
export function createSqlitePartitionDriver({
  reader,
  dropper,
  scans,
  positions,
  newest,
}: SqlitePartitionParts): PartitionDriver {
  /** @throws `invalid_argument` for a position of another store */
  const positioned = <Part extends ParsedSlice>(part: Part): Part & { readonly last: number | undefined } => ({
    ...part,
    last: part.asOf === undefined ? undefined : positions.decode("asOf", part.asOf, newest()),
  });

  return {
    slices: (part) => reader.slices(positioned(part), part.signal),
    drop: (part) => dropper.drop(positioned(part)),

    async list(dataset) {
      const days = await scans.rows<[day: number, rows: number, bytes: number]>({
        sql: `SELECT (e.ts - (e.ts % ? + ?) % ?) AS day, count(*), sum(${SIZE})
              FROM audit_events AS e GROUP BY day ORDER BY day`,
        values: [DAY_MS, DAY_MS, DAY_MS],
      });
      return days.map(([day, rows, bytes]) => ({ dataset, ...utcDay(day), rows, bytes, tier: "hot" }));
    },

    async measure(part) {
      const [measured] = await scans.rows<[rows: number, bytes: number, newest: number | null]>(
        selectMeasure(positioned(part)),
      );
      const [rows, bytes, last] = measured ?? [0, 0, null];
      return { rows, bytes, asOf: part.asOf ?? positions.encode(last ?? 0) };
    },
  };
}
