import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { AuditFilter, NewAuditEvent, StorageBackend, TailItem, TailOptions } from "@agent-assembly/storage-core";
import { event, uuid } from "./fixtures.js";
import { patience } from "./patience.js";
import { PATIENCE_MS, soon } from "./soon.js";

/** Numbers from here on belong to the events that {@link Follower.open} sends to learn that the tail listens. */
export const PROBES = 0xf00000;

/** Reads one tail; a tail that stays silent fails the case instead of blocking it. */
export class Follower {
  readonly #abort = new AbortController();
  readonly #iterator: AsyncIterator<TailItem>;

  constructor(backend: StorageBackend, filter: AuditFilter = {}, options: TailOptions = {}) {
    this.#iterator = backend.audit.tail(filter, { ...options, signal: this.#abort.signal })[Symbol.asyncIterator]();
  }

  /**
   * A tail that certainly listens: a store may need a moment to find out where "now" is, so events that match are
   * sent until one arrives. `read` passes over them.
   */
  static async open(
    backend: StorageBackend,
    filter: AuditFilter = {},
    members: Partial<NewAuditEvent> = {},
  ): Promise<Follower> {
    const follower = new Follower(backend, filter);
    let heard = false;
    const first = follower.next().then((item) => {
      heard = true;
      return item;
    });
    const giveUp = Date.now() + patience(PATIENCE_MS);
    for (let n = 0; !heard && Date.now() < giveUp; n++) {
      await backend.audit.append([event(PROBES + n, members)]);
      await sleep(10);
    }
    assert.ok((await first)?.event.eventId.startsWith(uuid(PROBES).slice(0, 31)), "an event from before came first");
    return follower;
  }

  /** The next item, or `undefined` when the tail has ended. */
  async next(): Promise<TailItem | undefined> {
    const result = await soon(this.#iterator.next(), "the next item of a tail");
    return result.done === true ? undefined : result.value;
  }

  /** The next items that are no probes. */
  async read(count: number): Promise<TailItem[]> {
    const items: TailItem[] = [];
    while (items.length < count) {
      const item = await this.next();
      assert.ok(item !== undefined, `the tail ended after ${items.length} of ${count} items`);
      if (item.event.eventId < uuid(PROBES)) items.push(item);
    }
    return items;
  }

  /** Asserts that nothing but a final event `n` comes. */
  async expectOnly(backend: StorageBackend, n: number, members: Partial<NewAuditEvent> = {}): Promise<void> {
    await backend.audit.append([event(n, members)]);
    assert.deepEqual(ids(await this.read(1)), [uuid(n)]);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    while ((await this.next()) !== undefined);
  }
}

/** Their event ids, in order. */
export function ids(items: readonly TailItem[]): string[] {
  return items.map((item) => item.event.eventId);
}
