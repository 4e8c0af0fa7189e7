import type { MetricDefinition } from "@agent-assembly/storage-core";
import { type RecordOutcome, type SampleRow, toIncreases } from "@agent-assembly/storage-core/backend";
import type { AnySql, Pool, TransactionSql } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { sqlOfLimits, untilUndisturbed } from "../driver/undisturbed.js";
import { lockCounters } from "./counters.js";
import { type RecordedRow, recordSamples } from "./record-sql.js";
import type { MetricTables } from "./tables.js";

/** Samples of one statement, unless their labels are long. */
const BATCH_SAMPLES = 5000;
/** UTF-16 code units of labels in one statement. */
const BATCH_LABELS = 4_000_000;
/** Above this, timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Definitions = ReadonlyMap<string, MetricDefinition>;

/** Undoes a transaction whose samples were checked against other definitions than those in force. */
class Redefined extends Error {}

/** Stores samples, with what they add up to. */
export class MetricWriter {
  /** @param onPending told after each commit how many rows of pending totals it added */
  constructor(
    private readonly pool: Pool,
    private readonly tables: MetricTables,
    private readonly onPending: (rows: number) => void,
  ) {}

  async record(samples: readonly SampleRow[], definitions: Definitions): Promise<RecordOutcome> {
    try {
      return await this.#record(samples, definitions);
    } catch (error) {
      if (error instanceof Redefined) return { status: "redefined" };
      throw error;
    }
  }

  async #record(samples: readonly SampleRow[], definitions: Definitions): Promise<RecordOutcome> {
    const readings = samples.filter(({ metric }) => definitions.get(metric)?.kind === "cumulative");
    const batches = inBatches(samples);
    let late: readonly number[] = [];
    let pending = 0;
    if (readings.length > 0) {
      ({ late, pending } = await untilUndisturbed(() =>
        this.#transaction(batches.length + 2, (sql) => this.#ofCounters(sql, samples, readings, definitions)),
      ));
    } else if (batches.length === 1) {
      pending = await this.pool.run((sql) => this.#insert(sql, samples, definitions));
    } else {
      pending = await this.#transaction(batches.length, (sql) => this.#insertAll(sql, batches, definitions));
    }
    this.onPending(pending);
    return { status: "recorded", late };
  }

  async #ofCounters(
    sql: TransactionSql,
    samples: readonly SampleRow[],
    readings: readonly SampleRow[],
    definitions: Definitions,
  ): Promise<{ readonly late: readonly number[]; readonly pending: number }> {
    const counters = await lockCounters(sql, this.tables, readings, this.pool.options.prepare);
    const increases = toIncreases(samples, definitions, counters.newest);
    const pending = await this.#insertAll(sql, inBatches(increases.samples), definitions);
    await counters.store(increases.readings);
    return { late: increases.late, pending };
  }

  /** @param statements about as many as it runs */
  #transaction<T>(statements: number, work: (sql: TransactionSql) => Promise<T>): Promise<T> {
    const timeoutMs = Math.min(this.pool.options.statementTimeoutMs * (statements + 1), LONGEST_TIMER_MS);
    return this.pool.transaction(
      async (sql) => {
        await sql.unsafe(sqlOfLimits(this.pool.options));
        return work(sql);
      },
      { timeoutMs },
    );
  }

  async #insertAll(sql: AnySql, batches: readonly SampleRow[][], definitions: Definitions): Promise<number> {
    let pending = 0;
    for (const batch of batches) pending += await this.#insert(sql, batch, definitions);
    return pending;
  }

  async #insert(sql: AnySql, batch: readonly SampleRow[], definitions: Definitions): Promise<number> {
    const statement = recordSamples(this.tables, batch, definitions);
    const [row] = await rows<RecordedRow>(sql, statement, this.pool.options.prepare);
    if (row?.[0] !== true) throw new Redefined();
    return Number(row[1]);
  }
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
