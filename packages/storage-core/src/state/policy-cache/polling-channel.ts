import { setTimeout as sleep } from "node:timers/promises";
import { isStorageError } from "../../errors.js";
import { anySignal } from "../../support/abort.js";
import type { InvalidationChannel, InvalidationListener } from "./channel.js";
import { InvalidationListeners } from "./listeners.js";

/** Options of {@link PollingInvalidationChannel}. */
export interface PollingOptions {
  /** The channel's. */
  readonly name: string;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Names of policies that were changed since the last look; the first one only notes where it begins. */
  readonly look: () => Promise<readonly string[]>;
  /** Ends it. */
  readonly closing: AbortSignal;
}

/**
 * Asks the store at short intervals which policies have changed, where the store cannot tell by itself. It does so while
 * there are subscribers. What {@link publish} is told stays in this process: others look by themselves.
 */
export class PollingInvalidationChannel implements InvalidationChannel {
  readonly name: string;
  readonly note: string;
  readonly #listeners: InvalidationListeners;
  #watching: AbortController | undefined;

  constructor(private readonly options: PollingOptions) {
    this.name = options.name;
    this.note = `looked for every ${options.everyMs} ms`;
    this.#listeners = new InvalidationListeners(`${options.name} was not asked for changes yet`);
  }

  async publish(name: string): Promise<void> {
    this.changed(name);
  }

  /** After a change that this process stored. */
  changed(name: string): void {
    this.#listeners.changed(name);
  }

  subscribe(listener: InvalidationListener): () => void {
    const remove = this.#listeners.add(listener);
    if (this.#watching === undefined) {
      this.#watching = new AbortController();
      void this.#watch(anySignal([this.#watching.signal, this.options.closing]));
    }
    return () => {
      remove();
      if (this.#listeners.size > 0) return;
      this.#watching?.abort();
      this.#watching = undefined;
      this.#listeners.interrupted(`${this.name} is not asked for changes any more`);
    };
  }

  async #watch(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await this.#look(ended);
      await sleep(this.options.everyMs, undefined, { ref: false, signal: ended }).catch(() => undefined);
    }
  }

  async #look(ended: AbortSignal): Promise<void> {
    try {
      const names = await this.options.look();
      if (ended.aborted) return;
      if (this.#listeners.areDeaf) this.#listeners.resumed();
      for (const name of names) this.#listeners.changed(name);
    } catch (error) {
      if (ended.aborted) return;
      const why = isStorageError(error) ? error.message : "it failed";
      this.#listeners.interrupted(`${this.name} cannot be asked for changes: ${why}`);
    }
  }
}
