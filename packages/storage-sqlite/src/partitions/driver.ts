import type { PartitionMeasure } from "@agent-assembly/storage-core";
import {
  MAX_TIME_MS,
  MIN_TIME_MS,
  type ParsedSlice,
  type PartitionDriver,
  utcDay,
} from "@agent-assembly/storage-core/backend";
import type { Positions } from "../audit/position.js";
import type { CountReader } from "../folding/reader.js";
import type { ScanPool } from "../scan/pool.js";
import { planMeasure, selectCountedDays, selectCountedMeasure, selectDays } from "./counted-sql.js";
import type { PartDropper } from "./drop.js";
import type { PartReader } from "./read.js";
import { type PartOfLog, ROW_BYTES, selectMeasure } from "./slice-sql.js";

type Measured = [rows: number, bytes: number, newest: number | null];

export interface SqlitePartitionParts {
  readonly reader: PartReader;
  readonly dropper: PartDropper;
  readonly scans: ScanPool;
  readonly counts: CountReader;
  readonly positions: Positions;
  /** The newest sequence number. */
  readonly newest: () => number;
}

/** Partitions on SQLite: UTC days of events. Nothing is compressed, and metrics are kept in memory. */
export function createSqlitePartitionDriver({
  reader,
  dropper,
  scans,
  counts,
  positions,
  newest,
}: SqlitePartitionParts): PartitionDriver {
  /** @throws `invalid_argument` for a position of another store */
  const positioned = <Part extends ParsedSlice>(part: Part): Part & { readonly last: number | undefined } => ({
    ...part,
    last: part.asOf === undefined ? undefined : positions.decode("asOf", part.asOf, newest()),
  });

  /** @returns `undefined` where only rows tell */
  const measureByCounts = async (part: PartOfLog): Promise<Measured | undefined> => {
    const { plan } = await counts.choose(planMeasure(part), { from: part.from, to: part.to, texts: [] });
    if (plan === undefined) return undefined;
    const [found] = await scans.rows<[rows: number, payloadBytes: number, newest: number | null, folded: number]>(
      selectCountedMeasure(plan, part),
    );
    const [rows, payloadBytes, last, folded] = found ?? [0, 0, null, 0];
    // Cells do not tell when their events came.
    return part.last !== undefined && folded > part.last ? undefined : [rows, rows * ROW_BYTES + payloadBytes, last];
  };

  return {
    slices: (part) => reader.slices(positioned(part), part.signal),
    drop: (part) => dropper.drop(positioned(part)),

    async list(dataset) {
      const plan = planMeasure({ from: MIN_TIME_MS, to: MAX_TIME_MS + 1, selection: undefined, last: undefined });
      const answer = await counts.choose(plan, { from: undefined, to: undefined, texts: [] });
      const days = await scans.rows<[day: number, rows: number, payloadBytes: number]>(
        answer.plan === undefined ? selectDays() : selectCountedDays(),
      );
      return days.map(([day, rows, payloadBytes]) => ({
        dataset,
        ...utcDay(day),
        rows,
        bytes: rows * ROW_BYTES + payloadBytes,
        tier: "hot",
      }));
    },

    async measure(asked) {
      const measures: PartitionMeasure[] = [];
      for (const part of asked.map(positioned)) {
        const [rows, bytes, last] = (await measureByCounts(part)) ??
          (await scans.rows<Measured>(selectMeasure(part)))[0] ?? [0, 0, null];
        measures.push({ rows, bytes, asOf: part.asOf ?? positions.encode(last ?? 0) });
      }
      return measures;
    },
  };
}
