/** An event for a listener. */
export type InvalidationEvent =
  | { readonly type: "invalidated"; readonly name: string }
  /** Messages no longer arrive: cached entries may be out of date without notice. */
  | { readonly type: "interrupted"; readonly reason: string }
  /** Messages arrive from now on. Some may have been lost before, so all cached entries must be discarded. */
  | { readonly type: "resumed" };

/** Receives the events of an {@link InvalidationChannel}. */
export type InvalidationListener = (event: InvalidationEvent) => void;

/**
 * Notifies every process of changed policies. Each message reaches every subscriber, including those in the publishing
 * process, or the subscriber is told that it may have missed messages.
 */
export interface InvalidationChannel {
  /** For display, e.g. `redis` or `postgres`. */
  readonly name: string;
  /** Limits on latency or reliability, for display; absent when there are none. */
  readonly note?: string;
  /** Resolves when the message is sent. @throws `unavailable`, `timeout` */
  publish(name: string): Promise<void>;
  /**
   * The first event, possibly immediate, is `resumed` or `interrupted`; no messages arrive before it.
   * @returns an unsubscribe function
   */
  subscribe(listener: InvalidationListener): () => void;
}

/** The channel for caches in a single process; it loses no messages. */
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
