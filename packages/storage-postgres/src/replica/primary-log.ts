import { WAL_END } from "../audit/commit-order.js";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";

/** A place in the server's log, in bytes. */
export type LogPlace = bigint;

/** What distinguishes a database from all but its physical copies. */
export interface DatabaseIdentity {
  /** Of the cluster. */
  readonly system: string;
  /** The OID of the database. */
  readonly database: string;
}

/** How far the primary's log was at one moment. */
export interface LogSample extends DatabaseIdentity {
  /** All that was committed before the sample was asked for is below; `undefined` on a standby. */
  readonly place: LogPlace | undefined;
  /** Of the place. */
  readonly timeline: number;
  /** When it was asked for, by `performance.now()`. */
  readonly takenAt: number;
  /** The primary's clock then or a little later, milliseconds since the epoch. */
  readonly serverTime: number;
}

/** What identifies the database of a session. */
export const IDENTITY_COLUMNS = `(SELECT system_identifier::text FROM pg_control_system()),
  (SELECT oid::text FROM pg_database WHERE datname = current_database())`;

/**
 * How far the log of the primary is, as far as this store has to know: what a replica must have replayed for the store to see
 * its own writes. Nothing is asked of the primary when something is written, but when something is read next.
 */
export class PrimaryLog {
  readonly #text: string;
  #newest: LogSample | undefined;
  #asking: { readonly covers: number; readonly sample: Promise<LogSample> } | undefined;
  /** Writes of this store that were answered. */
  #writes = 0;
  /** Of them, the ones below {@link #place}. */
  #covered = -1;
  #place: LogPlace = 0n;

  /** @param lazy whether commits do not wait for the disk, so that they may lie behind what was flushed */
  constructor(
    private readonly pool: Pool,
    lazy: boolean,
  ) {
    const end = lazy ? `(SELECT lsn FROM (${WAL_END}) AS w)` : "pg_current_wal_flush_lsn()";
    this.#text = `SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(${end}, '0/0')::text END,
      CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(${end}), 8) END,
      floor(extract(epoch FROM clock_timestamp()) * 1000)::text, ${IDENTITY_COLUMNS}`;
  }

  /** To be called before a write is answered, and for each event that a tail delivers. */
  wrote(): void {
    this.#writes++;
  }

  /**
   * The place that has all writes of this store that were answered by now, and all that anyone's were before it was opened;
   * `undefined` while the server is a standby.
   */
  async place(): Promise<LogPlace | undefined> {
    const wanted = this.#writes;
    if (this.#covered < wanted) await this.#covering(wanted);
    return this.#covered < wanted ? undefined : this.#place;
  }

  /** The same for the writes of all stores. */
  async now(): Promise<LogPlace | undefined> {
    this.#writes++;
    return this.place();
  }

  /** A sample of at most this age; a new one is asked for as soon as the newest is half as old. */
  async sample(maxAgeMs: number): Promise<LogSample> {
    const newest = this.#newest;
    const age = newest === undefined ? Number.POSITIVE_INFINITY : performance.now() - newest.takenAt;
    if (newest !== undefined && age <= maxAgeMs) {
      // The read that has to wait for it reports the error.
      if (age > maxAgeMs / 2) this.#ask().catch(() => undefined);
      return newest;
    }
    return this.#ask();
  }

  async #covering(writes: number): Promise<void> {
    const asking = this.#asking;
    if (asking !== undefined && asking.covers >= writes) await asking.sample;
    else await this.#askAnew();
  }

  #ask(): Promise<LogSample> {
    return this.#asking?.sample ?? this.#askAnew();
  }

  #askAnew(): Promise<LogSample> {
    const covers = this.#writes;
    const asking = { covers, sample: this.#take(covers) };
    this.#asking = asking;
    const done = (): void => {
      if (this.#asking === asking) this.#asking = undefined;
    };
    asking.sample.then(done, done);
    return asking.sample;
  }

  async #take(covers: number): Promise<LogSample> {
    const takenAt = performance.now();
    const statement = { text: this.#text, values: [] };
    const [row] = await this.pool.run((sql) => rows<SampleRow>(sql, statement, this.pool.options.prepare));
    const [place, timeline, serverTime, system, database] = row as SampleRow;
    const sample: LogSample = {
      place: place === null ? undefined : BigInt(place),
      timeline: Number.parseInt(timeline ?? "0", 16),
      takenAt,
      serverTime: Number(serverTime),
      system,
      database,
    };
    if (this.#newest === undefined || this.#newest.takenAt <= takenAt) this.#newest = sample;
    if (sample.place !== undefined && this.#covered < covers) {
      this.#covered = covers;
      // Lower than before where the primary is another one, promoted without the end of the old one's log.
      this.#place = sample.place;
    }
    return sample;
  }
}

type SampleRow = [place: string | null, timeline: string | null, serverTime: string, system: string, database: string];
