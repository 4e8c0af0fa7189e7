import type { StorageError } from "@agent-assembly/storage-core";
import type { ResolvedRedisOptions } from "../options.js";
import { makeDriver } from "./client.js";
import { Connection } from "./connection.js";
import { redisErrors } from "./errors.js";

/**
 * Commands on their way before a second connection is worth opening: over one the server and this process take turns,
 * over two each has work while it waits for the other.
 */
const SECOND_AT = 16;
/** Commands on their way in every connection before yet another one is worth opening. */
const MORE_AT = 1024;

/** The connections for commands: one, which takes any number at a time, and more when that is not enough. */
export class RedisPool {
  readonly #connections: Connection[] = [];
  readonly #most: number;

  constructor(private readonly options: ResolvedRedisOptions) {
    // One is for messages.
    this.#most = options.maxConnections - 1;
    this.#add();
  }

  /** As {@link Connection.start}, of the first one. */
  async start(): Promise<void> {
    await this.#first.start();
  }

  get size(): number {
    return this.#connections.length;
  }

  get problem(): StorageError | undefined {
    return this.#first.problem;
  }

  get serverVersion(): string | undefined {
    return this.#first.serverVersion;
  }

  /** @throws StorageError; see {@link Connection.send} */
  send(key: string | undefined, args: readonly string[]): Promise<unknown> {
    return this.#pick().send(key, args);
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  get #first(): Connection {
    const first = this.#connections[0];
    if (first === undefined) throw redisErrors.notConnected();
    return first;
  }

  #pick(): Connection {
    let least = this.#first;
    for (const connection of this.#connections) {
      if (connection.isUp && (!least.isUp || connection.inFlight < least.inFlight)) least = connection;
    }
    const enough = this.#connections.length === 1 ? SECOND_AT : MORE_AT;
    if (least.isUp && least.inFlight >= enough && this.#connections.length < this.#most) this.#grow();
    return least;
  }

  #grow(): void {
    const connection = this.#add();
    // What the first one could do this one cannot: it ends, and makes room for another try.
    connection.start().catch(() => this.#connections.splice(this.#connections.indexOf(connection), 1));
  }

  #add(): Connection {
    const connection = new Connection(this.options, { makeDriver: (onError) => makeDriver(this.options, onError) });
    this.#connections.push(connection);
    return connection;
  }
}
