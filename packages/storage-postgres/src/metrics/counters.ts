import { createHash } from "node:crypto";
import { type CounterReading, counterOf, type SampleRow } from "@agent-assembly/storage-core/backend";
import type { TransactionSql } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { plainArray } from "../sql/array-literal.js";
import { toTimestamp } from "../sql/timestamps.js";
import { milliseconds } from "./bucket-sql.js";
import type { MetricTables } from "./tables.js";

/** Counters of one statement. */
const BATCH = 5000;

type CounterRow = readonly [hash: string, ms: string | null, reading: number | null];

/** The counters that readings belong to, locked until the transaction ends. */
export interface LockedCounters {
  /** The newest stored reading of each that has one, by `counterOf`. */
  readonly newest: ReadonlyMap<string, CounterReading>;
  /** Stores newer readings, by `counterOf`. */
  store(readings: ReadonlyMap<string, CounterReading>): Promise<void>;
}

/**
 * Locks counters in the order of their hashes, whichever readings come, so that two processes with the same ones wait for
 * each other and never both. New counters are created, since a row that is not there cannot be locked.
 */
export async function lockCounters(
  sql: TransactionSql,
  { counters }: MetricTables,
  readings: readonly SampleRow[],
  prepare: boolean,
): Promise<LockedCounters> {
  const counterByHash = new Map<string, string>();
  const hashOf = new Map<string, string>();
  for (const sample of readings) {
    const counter = counterOf(sample);
    if (hashOf.has(counter)) continue;
    const hash = createHash("sha256").update(counter).digest("hex");
    hashOf.set(counter, hash);
    counterByHash.set(hash, counter);
  }
  const newest = new Map<string, CounterReading>();
  for (const hashes of inBatches([...counterByHash.keys()].sort())) {
    const text = `INSERT INTO ${counters} AS c (hash) SELECT decode(h, 'hex') FROM unnest($1::text[]) AS h ORDER BY 1
      ON CONFLICT (hash) DO UPDATE SET reading = c.reading RETURNING encode(c.hash, 'hex'), ${milliseconds("c.ts")}, c.reading`;
    for (const [hash, ms, reading] of await rows<CounterRow>(sql, { text, values: [plainArray(hashes)] }, prepare)) {
      if (ms !== null && reading !== null) newest.set(counterByHash.get(hash) as string, { ts: Number(ms), reading });
    }
  }
  return {
    newest,
    async store(all) {
      for (const batch of inBatches([...all])) {
        const text = `UPDATE ${counters} AS c SET ts = n.ts, reading = n.reading
          FROM unnest($1::text[], $2::timestamptz[], $3::float8[]) AS n (hash, ts, reading) WHERE c.hash = decode(n.hash, 'hex')`;
        const values = [
          plainArray(batch.map(([counter]) => hashOf.get(counter) as string)),
          plainArray(batch.map(([, { ts }]) => toTimestamp(ts))),
          plainArray(batch.map(([, { reading }]) => reading)),
        ];
        await rows(sql, { text, values }, prepare);
      }
    },
  };
}

function* inBatches<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let i = 0; i < all.length; i += BATCH) yield all.slice(i, i + BATCH);
}
