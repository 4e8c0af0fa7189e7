import type { ReadRouter, ReadServer } from "../driver/read-server.js";
import { OWN_WRITES, type Replica, type Seen } from "./replica.js";

/** Sends reads to a replica where there is one that may be read from, and to the primary otherwise. */
export class Reads implements ReadRouter {
  #onPrimary = 0;

  constructor(
    readonly primary: ReadServer,
    readonly replica?: Replica | undefined,
  ) {}

  /** How many calls and iterations the primary answered. */
  get onPrimary(): number {
    return this.#onPrimary;
  }

  /** Has later reads see all that anyone has stored by now. To be called before a write is answered. */
  wrote(): void {
    this.replica?.log.wrote();
  }

  /** @param work may be done twice, the second time on the primary */
  run<T>(work: (server: ReadServer) => Promise<T>, seen: Seen = OWN_WRITES): Promise<T> {
    return this.replica === undefined ? work(this.primary) : this.#runOn(this.replica, work, seen);
  }

  /**
   * All rows in batches, on one server; when the replica fails, the primary goes on behind the last row.
   * @param read the batches behind a row
   */
  async *iterate<Row>(
    read: (server: ReadServer, after: Row | undefined) => AsyncIterable<Row[]>,
    seen: Seen = OWN_WRITES,
  ): AsyncGenerator<Row[]> {
    const { replica } = this;
    let since = performance.now();
    const session = await replica?.session(seen);
    let last: Row | undefined;
    if (replica !== undefined && session !== undefined) {
      try {
        for await (const rows of read(session, undefined)) {
          last = rows.at(-1) ?? last;
          yield rows;
          since = performance.now();
        }
        replica.succeeded();
        return;
      } catch (error) {
        if (!replica.givesWay(error, since)) throw error;
      }
    }
    this.#onPrimary++;
    yield* read(this.primary, last);
  }

  async #runOn<T>(replica: Replica, work: (server: ReadServer) => Promise<T>, seen: Seen): Promise<T> {
    const since = performance.now();
    const session = await replica.session(seen);
    if (session !== undefined) {
      try {
        const result = await work(session);
        replica.succeeded();
        return result;
      } catch (error) {
        if (!replica.givesWay(error, since)) throw error;
      }
    }
    this.#onPrimary++;
    return work(this.primary);
  }
}
