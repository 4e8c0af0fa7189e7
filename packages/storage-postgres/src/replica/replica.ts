import { isStorageError } from "@agent-assembly/storage-core";
import { nameOfServer } from "../connection/target.js";
import { currentServer } from "../driver/client/connect.js";
import { checkSession } from "../driver/client/session-check.js";
import { errorCode } from "../driver/errors.js";
import type { Pool } from "../driver/pool.js";
import type { LogPlace, LogSample, PrimaryLog } from "./primary-log.js";
import { PATIENCE_MS, ReplicaSession, ReplicaUnusable } from "./session.js";
import { notReplicaOf, readStandbyState, type StandbyState } from "./standby-state.js";

/** What a read must see of what was answered before it began. */
export interface Seen {
  /** Whose writes. */
  readonly writes: "own" | "all";
  /** How long to wait for the replica to replay them, milliseconds. */
  readonly waitMs: number;
}

export const OWN_WRITES: Seen = { writes: "own", waitMs: 0 };

/** After a failure of the server. */
const REST_MS = 2000;
/** A statement that was cancelled: by the server's limit, or by a person. */
const CANCELLED = "57014";
/** Failures of one statement, which say nothing of the server: values, limits, and conflicts with what it replays. */
const OF_STATEMENT = /^(22|40|54|57014)/;

/**
 * A standby that reads are sent to. Whether it may be read from is asked of each session that reads, together with what it
 * reads: behind one address there may be several servers, and another one after a restart.
 */
export class Replica {
  #restsUntil = 0;
  /** Whether the last attempt to read from it failed. */
  #failed = false;
  #checked: Promise<unknown> | undefined;
  /** As far as the last session had replayed the log. */
  #replayed: LogPlace = 0n;
  #reads = 0;

  constructor(
    readonly pool: Pool,
    readonly log: PrimaryLog,
    readonly maxLagMs: number,
  ) {}

  /** How many calls and iterations it has answered. */
  get reads(): number {
    return this.#reads;
  }

  /** The server that new connections go to, for people. */
  get place(): string {
    return `${nameOfServer(currentServer(this.pool.options))}/${this.pool.options.target.database}`;
  }

  /** Whether its URL accepts that there is no standby at times. */
  get mayBePrimary(): boolean {
    return this.pool.options.target.session === "prefer-standby";
  }

  /** What it is now. @throws `invalid_argument` where it is no replica of the sampled primary; errors of the driver */
  async verify(sample: LogSample): Promise<StandbyState> {
    await this.#checkSession();
    const { prepare } = this.pool.options;
    const state = await this.pool.run((sql) => readStandbyState(sql, prepare), PATIENCE_MS);
    const problem = notReplicaOf(sample, state);
    if (problem !== undefined && !(this.mayBePrimary && isSameDatabase(sample, state))) throw problem;
    this.#restsUntil = 0;
    return state;
  }

  /**
   * To be called when the read begins, not later.
   * @returns `undefined` when the primary has to be read from
   */
  async session({ writes, waitMs }: Seen): Promise<ReplicaSession | undefined> {
    const since = performance.now();
    if (since < this.#restsUntil) return undefined;
    const { log, maxLagMs } = this;
    try {
      const placing = writes === "all" ? log.now() : log.place();
      const [place, sample] = await Promise.all([placing, log.sample(maxLagMs / 2)]);
      if (place === undefined || sample.place === undefined) return undefined;
      return new ReplicaSession(this.pool, {
        wanted: { sample, since, place, maxLagMs },
        waitMs,
        likely: this.#replayed >= place && !this.#failed,
        accepted: (replayed) => {
          this.#replayed = replayed;
        },
      });
    } catch {
      // The primary could not be asked: the read goes there, and says why.
      return undefined;
    }
  }

  succeeded(): void {
    this.#reads++;
    this.#failed = false;
  }

  /**
   * To be called after a read failed.
   * @param since when it began, by `performance.now()`
   * @returns whether the primary may do better
   */
  givesWay(error: unknown, since: number): boolean {
    if (error instanceof ReplicaUnusable) {
      this.#failed = true;
      if (error.restMs > 0) this.rest(error.restMs);
      return true;
    }
    const code = errorCode(error);
    // What this process threw about the answer itself, such as that it is too large.
    if (code === undefined && !isStorageError(error, "timeout")) return false;
    if (code === undefined || !OF_STATEMENT.test(code)) this.rest();
    const { statementTimeoutMs } = this.pool.options;
    const ranOut = code === undefined || (code === CANCELLED && performance.now() - since >= statementTimeoutMs);
    return !ranOut;
  }

  /** Leaves the server alone for a moment, after a failure of it. */
  rest(ms: number = REST_MS): void {
    this.#failed = true;
    this.#restsUntil = performance.now() + ms;
  }

  /** A pooler may keep from the server what sessions ask for. */
  async #checkSession(): Promise<void> {
    this.#checked ??= this.pool.run((sql) => checkSession(sql, this.pool.options), PATIENCE_MS);
    await this.#checked.catch((error: unknown) => {
      this.#checked = undefined;
      throw error;
    });
  }
}

function isSameDatabase(sample: LogSample, state: StandbyState): boolean {
  return sample.system === state.system && sample.database === state.database;
}
