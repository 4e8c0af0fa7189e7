import { StorageError } from "@agent-assembly/storage-core";
import {
  emptyTotals,
  type MetricDriver,
  type ParsedMetricQuery,
  percentileOf,
  type SampleRow,
  type SeriesBuilder,
} from "@agent-assembly/storage-core/backend";
import type { AnySql, Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { fromStoredText } from "../sql/stored-json.js";
import {
  insertSamples,
  type MetricTables,
  type PointRow,
  selectEarliest,
  selectPoints,
  sumOf,
  type TimeRange,
} from "./query-sql.js";
import { type ZoneUnits, zoneUnits } from "./zone-units.js";

/** Samples of one statement, unless their labels are long. */
const BATCH_SAMPLES = 5000;
/** UTF-16 code units of labels in one statement. */
const BATCH_LABELS = 4_000_000;
/** Above this, timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Metrics as rows. The server adds them up, one row for each point of the answer, so that no samples travel. Of samples
 * that `partitions.drop` removed there are hourly totals, which count as the samples would, or the query is refused.
 *
 * Counts, minima, maxima, last values and percentiles are the very numbers of the reference. Sums of doubles, and with
 * them averages and rates, depend on the order of adding, which the server chooses anew for each query: two answers to the
 * same question differ by at most `n * 2^-52` of the sum of the absolute values of `n` samples.
 */
export class PostgresMetricDriver implements MetricDriver {
  readonly #tables: MetricTables;

  /** @param schema where the tables are */
  constructor(
    private readonly pool: Pool,
    schema: string,
  ) {
    const named = (name: string): string => `${quoteIdentifier(schema)}.${name}`;
    this.#tables = { samples: named("metrics"), totals: named("metric_totals") };
  }

  async record(samples: readonly SampleRow[]): Promise<void> {
    const batches = inBatches(samples);
    const insert = (sql: AnySql, batch: SampleRow[]): Promise<unknown> =>
      rows(sql, insertSamples(this.#tables.samples, batch), this.pool.options.prepare);
    const [first, second] = batches;
    if (first === undefined) return;
    if (second === undefined) {
      await this.pool.run((sql) => insert(sql, first));
      return;
    }
    const timeoutMs = Math.min(this.pool.options.statementTimeoutMs * (batches.length + 1), LONGEST_TIMER_MS);
    await this.pool.transaction(
      async (sql) => {
        for (const batch of batches) await insert(sql, batch);
      },
      { timeoutMs },
    );
  }

  async collect(builder: SeriesBuilder): Promise<void> {
    const { query } = builder;
    const whole = pieceOf(query, query.from);
    if (whole.range.to === query.to) {
      await this.pool.run((sql) => this.#add(sql, builder, whole));
      return;
    }
    // What is recorded meanwhile must not appear in one piece of the range and be missing in another.
    await this.pool.transaction(
      async (sql) => {
        let from = await this.#earliest(sql, query, query.from);
        while (from !== undefined) {
          const piece = pieceOf(query, from);
          await this.#add(sql, builder, piece);
          from = await this.#earliest(sql, query, piece.range.to);
        }
      },
      { mode: "isolation level repeatable read read only" },
    );
  }

  async #add(sql: AnySql, builder: SeriesBuilder, { range, units }: Piece): Promise<void> {
    const statement = selectPoints(this.#tables, builder.query, range, units);
    // Not prepared: a plan that is good for an hour is bad for a year.
    const points = await rows<PointRow>(sql, statement, false);
    // What says that there are totals alone is the last row, and no point.
    builder.expectPoints(points.at(-1)?.[0] === null ? points.length - 1 : points.length);
    for (const point of points) addPoint(builder, point);
  }

  async #earliest(sql: AnySql, query: ParsedMetricQuery, from: number): Promise<number | undefined> {
    const statement = selectEarliest(this.#tables, query, { from, to: query.to });
    const [row] = await rows<[ms: string | null]>(sql, statement, false);
    return row === undefined || row[0] === null ? undefined : Number(row[0]);
  }
}

/** What one statement answers. */
interface Piece {
  readonly range: TimeRange;
  readonly units: ZoneUnits | undefined;
}

/** The rest of the query's range, or as much of its beginning as is asked for at a time. */
function pieceOf({ bucket, to }: ParsedMetricQuery, from: number): Piece {
  if (bucket === undefined || bucket.timeZone === "UTC") return { range: { from, to }, units: undefined };
  const units = zoneUnits(bucket, from, to);
  return { range: { from, to: units.to }, units };
}

/** A point is all there is of its bucket, so it stands for the samples it was made of. */
function addPoint(builder: SeriesBuilder, row: PointRow): void {
  const { query } = builder;
  const [start, count, , , single, ...key] = row;
  if (start === null) throw onlyTotals();
  const of: { agentId: string | null; teamId: string | null; labels: Record<string, string> } = {
    agentId: null,
    teamId: null,
    labels: Object.create(null) as Record<string, string>,
  };
  for (const [i, dimension] of query.groupBy.entries()) {
    const value = key[i] as string | null;
    if (dimension.kind !== "label") of[dimension.kind] = value;
    else if (value !== null) of.labels[dimension.label] = fromStoredText(value);
  }
  const ts = Number(start);
  if (percentileOf(query.aggregate) !== undefined) {
    builder.addSample({ ts, value: single as number, ...of });
    return;
  }
  const value = single ?? Number.NaN;
  builder.addTotals(ts, of, {
    ...emptyTotals(),
    count: Number(count),
    sum: sumOf(row),
    min: value,
    max: value,
    lastTs: ts,
    lastValue: value,
  });
}

function onlyTotals(): StorageError {
  return new StorageError({
    code: "unsupported",
    message: "samples of this range were dropped and are kept as totals per UTC hour only",
    remedy: "Ask for whole hours and no percentile, or choose a later range.",
  });
}

function inBatches(samples: readonly SampleRow[]): SampleRow[][] {
  const batches: SampleRow[][] = [];
  let batch: SampleRow[] = [];
  let labels = 0;
  for (const sample of samples) {
    for (const name in sample.labels) labels += name.length + (sample.labels[name] as string).length;
    batch.push(sample);
    if (batch.length === 1) batches.push(batch);
    if (batch.length >= BATCH_SAMPLES || labels >= BATCH_LABELS) {
      batch = [];
      labels = 0;
    }
  }
  return batches;
}
