/** What a listener is told. */
export type InvalidationEvent =
  | { readonly type: "invalidated"; readonly name: string }
  /** Messages no longer arrive: what is cached may be out of date without anybody saying so. */
  | { readonly type: "interrupted"; readonly reason: string }
  /** Messages arrive, from now on. Some may have been lost before: whatever was cached has to go. */
  | { readonly type: "resumed" };

export type InvalidationListener = (event: InvalidationEvent) => void;

/**
 * Tells every process which policies have changed. Each message reaches every subscriber, the publishing process's own
 * included, or the subscriber is told that it may have missed some.
 */
export interface InvalidationChannel {
  /** For people, e.g. `redis` or `postgres`. */
  readonly name: string;
  /** How soon or how surely it tells, for people; absent when there is nothing to say. */
  readonly note?: string;
  /** Resolves when the message is on its way. @throws `unavailable`, `timeout` */
  publish(name: string): Promise<void>;
  /**
   * The first event, possibly at once, is `resumed` or `interrupted`; until then messages do not arrive.
   * @returns ends the subscription
   */
  subscribe(listener: InvalidationListener): () => void;
}

/** The channel of caches that live in one process; it loses nothing. */
export class ProcessInvalidationChannel implements InvalidationChannel {
  readonly name = "process";
  readonly #listeners = new Set<InvalidationListener>();

  async publish(name: string): Promise<void> {
    for (const listener of this.#listeners) listener({ type: "invalidated", name });
  }

  subscribe(listener: InvalidationListener): () => void {
    this.#listeners.add(listener);
    listener({ type: "resumed" });
    return () => this.#listeners.delete(listener);
  }
}
