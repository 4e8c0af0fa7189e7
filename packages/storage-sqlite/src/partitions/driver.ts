import { type PartitionDriver, utcDay } from "@agent-assembly/storage-core/backend";
import { encodePosition, seqOf } from "../audit/position.js";
import type { ScanPool } from "../scan/pool.js";
import type { PartDropper } from "./drop.js";
import type { PartReader } from "./read.js";
import { SIZE, selectMeasure } from "./slice-sql.js";

const DAY_MS = 86_400_000;

export interface SqlitePartitionParts {
  readonly reader: PartReader;
  readonly dropper: PartDropper;
  readonly scans: ScanPool;
}

/** Partitions on SQLite: UTC days of events. Nothing is compressed, and metrics are kept in memory. */
export function createSqlitePartitionDriver({ reader, dropper, scans }: SqlitePartitionParts): PartitionDriver {
  return {
    slices: (part) => reader.slices({ ...part, last: seqOf(part.asOf) }, part.signal),
    drop: (part) => dropper.drop(part),

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
        selectMeasure({ ...part, last: seqOf(part.asOf) }),
      );
      const [rows, bytes, newest] = measured ?? [0, 0, null];
      return { rows, bytes, asOf: part.asOf ?? encodePosition(newest ?? 0) };
    },
  };
}
