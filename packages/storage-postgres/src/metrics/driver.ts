import { type MetricDefinition, StorageError } from "@agent-assembly/storage-core";
import {
  type DefineOutcome,
  emptyTotals,
  type MetricDriver,
  type MetricStats,
  type ParsedMetricLabelValues,
  type ParsedMetricQuery,
  percentileOf,
  type RecordOutcome,
  type SampleRow,
  type SeriesBuilder,
} from "@agent-assembly/storage-core/backend";
import type { AnySql, Pool } from "../driver/pool.js";
import { PrimaryServer, type ReadServer } from "../driver/read-server.js";
import { rows, type Statement } from "../driver/statement.js";
import { Reads } from "../replica/reads.js";
import { fromStoredJsonText, fromStoredText } from "../sql/stored-json.js";
import { type LabelValueRow, type StatsRow, selectLabelValues, selectStats } from "./catalog-sql.js";
import { define, readDefinitions } from "./definitions.js";
import { PendingFolder } from "./fold.js";
import { type PointRow, selectEarliest, selectPoints, sumOf } from "./query-sql.js";
import { MetricWriter } from "./record.js";
import type { TimeRange } from "./segments.js";
import { type MetricTables, metricTables } from "./tables.js";
import { type ZoneUnits, zoneUnits } from "./zone-units.js";

/**
 * Metrics as rows, with totals of them by hour, day and month. A write stores samples together with what they add up to; the
 * latter is moved to the totals of their series in the background. The server adds up: whole hours from totals, the rest
 * from samples, in one row for each point of the answer. Of hours whose samples `partitions.drop` removed there are totals
 * alone, which count as the samples would, or the query is refused.
 *
 * Counts, minima, maxima, last values, percentiles and all values of metrics with declared decimals are the very numbers of
 * the reference. Sums of doubles, and with them averages and rates, depend on the order of adding, which the server chooses:
 * two answers to the same question differ by at most `n * 2^-52` of the sum of the absolute values of `n` samples.
 */
export class PostgresMetricDriver implements MetricDriver {
  readonly #tables: MetricTables;
  readonly #writer: MetricWriter;
  readonly #folder: PendingFolder;

  /** @param schema where the tables are @param reads where queries go */
  constructor(
    private readonly pool: Pool,
    schema: string,
    private readonly reads: Reads = new Reads(new PrimaryServer(pool)),
  ) {
    this.#tables = metricTables(schema);
    this.#folder = new PendingFolder(pool, this.#tables);
    this.#writer = new MetricWriter(pool, this.#tables, (pending) => this.#folder.added(pending));
  }

  /** What is wrong with the work in the background, for health. */
  get problems(): readonly string[] {
    const problem = this.#folder.problem;
    if (problem === undefined) return [];
    return [`totals of metrics stay pending, so that queries take longer: ${problem.message}`];
  }

  /** To be called before the pool is closed, when nothing is recorded any more. */
  close(): Promise<void> {
    return this.#folder.close();
  }

  definitions(): Promise<readonly MetricDefinition[]> {
    return this.reads.run((server) => readDefinitions(server, this.#tables));
  }

  define(definition: MetricDefinition): Promise<DefineOutcome> {
    return define(this.pool, this.#tables, definition);
  }

  async record(
    samples: readonly SampleRow[],
    definitions: ReadonlyMap<string, MetricDefinition>,
  ): Promise<RecordOutcome> {
    const outcome = await this.#writer.record(samples, definitions);
    // What the primary said of another process's declaration is read next, and tried again.
    if (outcome.status === "redefined") this.reads.wrote();
    return outcome;
  }

  async collect(builder: SeriesBuilder): Promise<void> {
    const points = await this.reads.run((server) => this.#points(server, builder));
    for (const point of points) addPoint(builder, point);
  }

  async #points(server: ReadServer, builder: SeriesBuilder): Promise<readonly PointRow[]> {
    const { query } = builder;
    const whole = pieceOf(query, query.from);
    if (whole.range.to === query.to) return server.read((sql) => this.#read(sql, builder, whole));
    // What is recorded meanwhile must not appear in one piece of the range and be missing in another.
    return server.snapshot(async (sql) => {
      const points: PointRow[] = [];
      let from = await this.#earliest(sql, query, query.from);
      while (from !== undefined) {
        const piece = pieceOf(query, from);
        for (const point of await this.#read(sql, builder, piece)) points.push(point);
        builder.expectPoints(points.length);
        from = await this.#earliest(sql, query, piece.range.to);
      }
      return points;
    });
  }

  async list(prefix: string): Promise<readonly MetricStats[]> {
    const found = await this.#select<StatsRow>(selectStats(this.#tables, prefix));
    return found.map(([name, samples, first, last, agents, teams, labels]) => ({
      name,
      samples: Number(samples),
      first: Number(first),
      last: Number(last),
      agents: Number(agents),
      teams: Number(teams),
      labels: JSON.parse(fromStoredJsonText(labels ?? "{}")) as Record<string, number>,
      evicted: 0,
    }));
  }

  async labelValues(request: ParsedMetricLabelValues): ReturnType<MetricDriver["labelValues"]> {
    const found = await this.#select<LabelValueRow>(selectLabelValues(this.#tables, request));
    const stored = request.by.kind === "label";
    return {
      values: found.map(([value, samples]) => [
        stored && value !== null ? fromStoredText(value) : value,
        Number(samples),
      ]),
      total: Number(found[0]?.[2] ?? 0),
    };
  }

  #select<Row extends readonly unknown[]>(statement: Statement): Promise<Row[]> {
    return this.reads.run((server) => server.read((sql) => rows<Row>(sql, statement, false)));
  }

  async #read(sql: AnySql, builder: SeriesBuilder, { range, units }: Piece): Promise<PointRow[]> {
    const statement = selectPoints(this.#tables, builder.query, range, units);
    // Not prepared: a plan that is good for an hour is bad for a year.
    const points = await rows<PointRow>(sql, statement, false);
    if (points.some(([start]) => start === null)) throw onlyTotals();
    builder.expectPoints(points.length);
    return points;
  }

  async #earliest(sql: AnySql, query: ParsedMetricQuery, from: number): Promise<number | undefined> {
    if (from >= query.to) return undefined;
    const statement = selectEarliest(this.#tables, query, { from, to: query.to });
    const [row] = await rows<[ms: string]>(sql, statement, false);
    return row && Number(row[0]);
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
  const [start, count, , , exact, single, ...key] = row;
  const of = query.groupBy.length === 0 ? NO_GROUP : groupOf(query, key);
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
    exact: BigInt(exact ?? 0),
    min: value,
    max: value,
    lastTs: ts,
    lastValue: value,
  });
}

type Group = Pick<SampleRow, "agentId" | "teamId" | "labels">;

/** An answer may have 100,000 points, and most questions do not group. */
const NO_GROUP: Group = { agentId: null, teamId: null, labels: {} };

/** The members that a query groups by. @param key their values, as stored */
function groupOf({ groupBy }: ParsedMetricQuery, key: readonly (string | null)[]): Group {
  const of: { agentId: string | null; teamId: string | null; labels: Record<string, string> } = {
    agentId: null,
    teamId: null,
    labels: Object.create(null) as Record<string, string>,
  };
  for (const [i, dimension] of groupBy.entries()) {
    const value = key[i] as string | null;
    if (dimension.kind !== "label") of[dimension.kind] = value;
    else if (value !== null) of.labels[dimension.label] = fromStoredText(value);
  }
  return of;
}

function onlyTotals(): StorageError {
  return new StorageError({
    code: "unsupported",
    message: "samples of this range were dropped and are kept as totals per UTC hour only",
    remedy: "Ask for whole hours and no percentile, or choose a later range.",
  });
}
