import type { InvalidationEvent, InvalidationListener } from "./channel.js";

/** The subscribers of a channel; those who come later are told first how it is. */
export class InvalidationListeners {
  readonly #listeners = new Set<InvalidationListener>();
  #state: InvalidationEvent;

  /** @param reason why messages do not arrive yet */
  constructor(reason: string) {
    this.#state = { type: "interrupted", reason };
  }

  get size(): number {
    return this.#listeners.size;
  }

  get areDeaf(): boolean {
    return this.#state.type === "interrupted";
  }

  /** @returns removes it */
  add(listener: InvalidationListener): () => void {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => this.#listeners.delete(listener);
  }

  changed(name: string): void {
    for (const listener of this.#listeners) listener({ type: "invalidated", name });
  }

  interrupted(reason: string): void {
    this.#tell({ type: "interrupted", reason });
  }

  resumed(): void {
    this.#tell({ type: "resumed" });
  }

  #tell(state: InvalidationEvent): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
