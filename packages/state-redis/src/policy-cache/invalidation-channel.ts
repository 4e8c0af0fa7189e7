import type { InvalidationChannel, InvalidationListener } from "@agent-assembly/storage-core/state";
import type { RedisPool } from "../driver/pool.js";
import type { Subscriber } from "../driver/subscriber.js";
import type { RedisKeys } from "../keys.js";

/** Tells all processes by PUBLISH, each of them by a subscription of its own. */
export class RedisInvalidationChannel implements InvalidationChannel {
  readonly name = "redis";
  readonly #channel: string;

  constructor(
    private readonly pool: RedisPool,
    keys: RedisKeys,
    private readonly subscriber: Subscriber,
  ) {
    this.#channel = keys.channel("policies");
  }

  async publish(name: string): Promise<void> {
    await this.pool.send(undefined, ["PUBLISH", this.#channel, name]);
  }

  subscribe(listener: InvalidationListener): () => void {
    return this.subscriber.listen(this.#channel, {
      message: (name) => listener({ type: "invalidated", name }),
      up: () => listener({ type: "resumed" }),
      down: ({ message }) => listener({ type: "interrupted", reason: message }),
    });
  }
}
