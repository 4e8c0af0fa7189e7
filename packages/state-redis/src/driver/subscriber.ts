import type { StorageError } from "@agent-assembly/storage-core";
import type { ResolvedRedisOptions } from "../options.js";
import { type Driver, singleDriver } from "./client.js";
import { Connection } from "./connection.js";

export interface ChannelListener {
  message?(message: string): void;
  /** Messages arrive from now on; some may have been lost before. */
  up?(): void;
  down?(problem: StorageError): void;
}

/** The connection for messages, shared by all channels. */
export class Subscriber {
  readonly #listeners = new Map<string, Set<ChannelListener>>();
  readonly #connection: Connection;

  /** @param channels all channels, so that a reconnect restores them before it counts as connected */
  constructor(options: ResolvedRedisOptions, channels: readonly string[]) {
    for (const channel of channels) this.#listeners.set(channel, new Set());
    this.#connection = new Connection(options, {
      makeDriver: (onError) => singleDriver(options, onError),
      prepare: (driver: Driver) => driver.subscribe(channels, (message, channel) => this.#hear(message, channel)),
      up: () => this.#all((listener) => listener.up?.()),
      down: (problem) => this.#all((listener) => listener.down?.(problem)),
    });
  }

  /** As {@link Connection.start}. */
  async start(): Promise<void> {
    await this.#connection.start();
  }

  /** The listener is called immediately with the current state. @returns an unsubscribe function */
  listen(channel: string, listener: ChannelListener): () => void {
    const listeners = this.#listeners.get(channel);
    if (listeners === undefined) throw new TypeError("the subscriber was not made for this channel");
    listeners.add(listener);
    const { problem } = this.#connection;
    if (problem === undefined) listener.up?.();
    else listener.down?.(problem);
    return () => listeners.delete(listener);
  }

  async close(): Promise<void> {
    for (const listeners of this.#listeners.values()) listeners.clear();
    await this.#connection.close();
  }

  #hear(message: string, channel: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener.message?.(message);
  }

  #all(tell: (listener: ChannelListener) => void): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) tell(listener);
  }
}
