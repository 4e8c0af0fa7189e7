import { setImmediate } from "node:timers/promises";
import type { NewAuditEvent, Rejection } from "@agent-assembly/storage-core";
import type { AppendEvents } from "../ingest/append-events.js";

/** Events after which a call waits for no others: as many as a store commits at once. */
const MOST_EVENTS = 4096;
/** Turns of the event loop after which a call waits for no others: those that are read may all turn out to hold no events. */
const MOST_TURNS = 64;

/** The events of one request, and how to settle it. */
interface Waiting {
  readonly events: readonly NewAuditEvent[];
  readonly resolve: (rejected: readonly Rejection[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends the events of requests that are read side by side by one call. By a call for each, the first of them would be committed
 * while the next ones are read, and the store would wait for the disk as often as there are requests.
 */
export class GatheredAppends {
  #waiting: Waiting[] = [];
  #gathering = false;

  /** @param isReading whether events of other requests are being read, which are appended as soon as they are */
  constructor(
    private readonly store: AppendEvents,
    private readonly isReading: () => boolean,
  ) {}

  /** Resolves once the events are durable. @returns those that were not stored, by their places in `events` */
  append(events: readonly NewAuditEvent[]): Promise<readonly Rejection[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      if (this.#gathering) return;
      this.#gathering = true;
      void this.#gather();
    });
  }

  async #gather(): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      await setImmediate();
      const count = this.#waiting.reduce((sum, { events }) => sum + events.length, 0);
      if (!this.isReading() || count >= MOST_EVENTS) break;
    }
    this.#gathering = false;
    while (this.#waiting.length > 0) void this.#store(this.#take());
  }

  /** The first of those that wait, at least one. */
  #take(): Waiting[] {
    let count = 0;
    const end = this.#waiting.findIndex(({ events }, i) => {
      count += events.length;
      return i > 0 && count > MOST_EVENTS;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #store(group: readonly Waiting[]): Promise<void> {
    try {
      const { rejected } = await this.store(group.flatMap(({ events }) => events));
      let from = 0;
      for (const { events, resolve } of group) {
        const to = from + events.length;
        const start = from;
        const own = rejected.filter(({ index }) => index >= start && index < to);
        resolve(own.map((one) => ({ ...one, index: one.index - start })));
        from = to;
      }
    } catch (error) {
      // What fails for the sake of one request must not fail the others; what was stored is found stored. At once: where the store is
      // gone, each waits as long as it is given.
      if (group.length === 1) group[0]?.reject(error);
      else await Promise.all(group.map((one) => this.#store([one])));
    }
  }
}
