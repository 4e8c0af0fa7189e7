import { setTimeout as sleep } from "node:timers/promises";
import { isStorageError } from "@agent-assembly/storage-core";
import type { AnySql, Pool, TransactionSql } from "../driver/pool.js";
import type { ReadServer } from "../driver/read-server.js";
import type { LogPlace } from "./primary-log.js";
import {
  lagOf,
  NOT_REPLAYED,
  notReplicaOf,
  readReplayed,
  readStandbyState,
  type StandbyState,
  type Wanted,
} from "./standby-state.js";

/** For a server to say what it is; it is left alone then. */
export const PATIENCE_MS = 5000;
/** After it did not answer, or turned out to be another server. */
const REST_MS = 2000;

/** Between looks at how far it is. */
const LOOK_EVERY_MS = 5;

/** The replica must not be read from just now; the primary may. */
export class ReplicaUnusable extends Error {
  /** @param restMs how long not to try again */
  constructor(
    message: string,
    readonly restMs: number,
  ) {
    super(message);
  }
}

export interface SessionParts {
  readonly wanted: Wanted;
  /** How long to wait for what is wanted to be replayed, milliseconds. */
  readonly waitMs: number;
  /** Whether it has probably replayed what is wanted, so that its answer need not be waited for before it reads. */
  readonly likely: boolean;
  /** Told what it has replayed. */
  readonly accepted: (replayed: LogPlace) => void;
}

/**
 * Reads of one call or one iteration on a replica. Each transaction asks first what the server has replayed, and fails with
 * {@link ReplicaUnusable} where that is not enough; the statements are sent together. Later reads see all that earlier ones saw,
 * whichever server they meet.
 */
export class ReplicaSession implements ReadServer {
  /** What the reads so far may have seen. */
  #seen: LogPlace;
  /** Later reads of an iteration need not be as fresh as those that begin. */
  #hasBegun = false;

  constructor(
    readonly pool: Pool,
    private readonly parts: SessionParts,
  ) {
    this.#seen = parts.wanted.place;
  }

  read<T>(work: (sql: AnySql) => Promise<T>): Promise<T> {
    return inTime((heard) =>
      this.pool.transaction(
        async (sql) => {
          const checking = this.check(sql).then(heard);
          // Sent at once, the statement would not wait for what the check waits for.
          if (!this.parts.likely && !this.#hasBegun) await checking;
          const [, result] = await Promise.all([checking, work(sql), this.saw(sql)]);
          return result;
        },
        { mode: "read only" },
      ),
    );
  }

  async snapshot<T>(work: (sql: TransactionSql) => Promise<T>): Promise<T> {
    const { prepare } = this.pool.options;
    // The snapshot of such a transaction is older than what its first statement says of the server.
    const before = await this.read((sql) => readStandbyState(sql, prepare));
    return inTime((heard) =>
      this.pool.transaction(
        async (sql) => {
          const { instance } = await readStandbyState(sql, prepare);
          heard();
          if (instance !== before.instance) throw new ReplicaUnusable("it is another server than a moment ago", 0);
          return work(sql);
        },
        { mode: "isolation level repeatable read read only" },
      ),
    );
  }

  async check(sql: TransactionSql): Promise<void> {
    const { prepare } = this.pool.options;
    const deadline = performance.now() + this.parts.waitMs;
    let state = await readStandbyState(sql, prepare);
    let problem = this.#problemOf(state);
    while (problem === NOT_REPLAYED && performance.now() < deadline) {
      await sleep(LOOK_EVERY_MS);
      state = await readStandbyState(sql, prepare);
      problem = this.#problemOf(state);
    }
    // What was written a moment ago is replayed in a moment.
    const restMs = problem === NOT_REPLAYED ? 0 : (this.parts.wanted.maxLagMs ?? 0) / 4;
    if (problem !== undefined) throw new ReplicaUnusable(problem, restMs);
    this.#hasBegun = true;
    this.parts.accepted(state.place as LogPlace);
  }

  async saw(sql: TransactionSql): Promise<void> {
    const seen = await readReplayed(sql, this.pool.options.prepare);
    if (seen !== undefined && seen > this.#seen) this.#seen = seen;
  }

  #problemOf(state: StandbyState): string | undefined {
    const { wanted } = this.parts;
    const wrong = notReplicaOf(wanted.sample, state);
    if (wrong !== undefined) throw new ReplicaUnusable(wrong.message, REST_MS);
    const maxLagMs = this.#hasBegun ? undefined : wanted.maxLagMs;
    return lagOf(state, { ...wanted, maxLagMs, place: this.#seen });
  }
}

/** @param run says when the server has said what it is */
async function inTime<T>(run: (heard: () => void) => Promise<T>): Promise<T> {
  const silent = (): ReplicaUnusable => new ReplicaUnusable("it does not answer", REST_MS);
  let hasSpoken = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(silent()), PATIENCE_MS);
  });
  const running = run(() => {
    hasSpoken = true;
    clearTimeout(timer);
  }).catch((error: unknown) => {
    // The limit of a statement may be shorter than the patience.
    throw !hasSpoken && isStorageError(error, "timeout") ? silent() : error;
  });
  // After the patience is over nothing else looks at how it ends.
  running.catch(() => undefined);
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
