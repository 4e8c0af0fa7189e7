import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "@agent-assembly/storage-core";
import { quoteIdentifier } from "../sql/identifiers.js";
import { classifyPostgresError, errorCode } from "./errors.js";
import { connect, type Pool, type Sql } from "./pool.js";

/** Whom a channel tells. */
export interface Listener {
  heard(payload: string): void;
  /** Messages do not arrive any more; some may have been lost already. */
  interrupted?(reason: string): void;
  /** Messages arrive from now on. */
  resumed?(): void;
}

/** Milliseconds. */
export interface ListeningTimes {
  /** A connection that is silent for longer is asked whether it is still there. */
  readonly probeEvery: number;
  /** A connection that does not answer for longer is given up. */
  readonly probeTimeout: number;
  readonly retry: number;
}

const TIMES: ListeningTimes = { probeEvery: 2000, probeTimeout: 5000, retry: 500 };
/** Longest name of a channel, bytes. */
const LONGEST_NAME = 63;

/** The name of a channel of the store in a schema. */
export function channelOf(schema: string, subject: string): string {
  const name = `aasm ${schema} ${subject}`;
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
  return `aasm ${createHash("sha256").update(schema).digest("hex").slice(0, 32)} ${subject}`;
}

/**
 * The one connection of this process that listens, for all who want to hear something: opened when the first one does,
 * opened again whenever it is lost. Not through a pooler in transaction mode, which lets LISTEN succeed on a connection
 * that goes to somebody else afterwards.
 */
export class Listening {
  readonly #listeners = new Map<string, Set<Listener>>();
  #client: Sql | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly closing: AbortSignal,
    private readonly times: ListeningTimes = TIMES,
  ) {}

  get possible(): boolean {
    return this.pool.options.prepare;
  }

  /** @returns ends it */
  on(channel: string, listener: Listener): () => void {
    const others = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, others.add(listener));
    if (this.#running === undefined) this.#running = this.#run();
    else if (this.#client !== undefined) void this.#join(this.#client, channel, listener);
    return () => others.delete(listener);
  }

  /** Resolves when the connection is gone, after `closing`. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.possible && !this.closing.aborted) {
      await this.#attend();
      await pause(this.times.retry, this.closing);
    }
  }

  /** Returns when the connection is lost. */
  async #attend(): Promise<void> {
    const lost = new AbortController();
    const ended = AbortSignal.any([lost.signal, this.closing]);
    const client = connect(
      { ...this.pool.options, maxConnections: 1, applicationName: "aasm listening" },
      { onnotify: (channel, payload) => this.#hear(channel, payload), onclose: () => lost.abort() },
    );
    // From now on whoever comes joins, behind those who are here.
    this.#client = client;
    try {
      await this.#answered(listen(client, [...this.#listeners.keys()]), ended);
      for (const listener of this.#all()) listener.resumed?.();
      while (!ended.aborted) {
        await pause(this.times.probeEvery, ended);
        if (!ended.aborted) await this.#answered(client`SELECT 1`, ended);
      }
      this.#interrupted("the connection that listens was lost");
    } catch (error) {
      this.#interrupted(`the server does not tell of changes: ${classifyPostgresError(error).message}`);
    } finally {
      this.#client = undefined;
      await client.end({ timeout: 0 }).catch((error: unknown) => {
        if (errorCode(error) === undefined) throw error;
      });
    }
  }

  /** Listens to a channel that is new, or confirms that it is listened to. */
  async #join(client: Sql, channel: string, listener: Listener): Promise<void> {
    try {
      await listen(client, [channel]);
      if (this.#client === client) listener.resumed?.();
    } catch (error) {
      // The connection is about to be made anew, for all channels.
      listener.interrupted?.(`the server does not tell of changes: ${classifyPostgresError(error).message}`);
    }
  }

  /** The driver itself would wait for as long as it takes. @throws `timeout` */
  async #answered(answer: Promise<unknown>, ended: AbortSignal): Promise<void> {
    const { probeTimeout } = this.times;
    // When it is late, nothing else looks at how it ends.
    answer.catch(() => undefined);
    const late = pause(probeTimeout, ended).then(() => {
      throw new StorageError({ code: "timeout", message: `there was no answer within ${probeTimeout} ms` });
    });
    late.catch(() => undefined);
    await Promise.race([answer, late]);
  }

  #hear(channel: string, payload: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener.heard(payload);
  }

  #interrupted(reason: string): void {
    if (this.closing.aborted) return;
    for (const listener of this.#all()) listener.interrupted?.(reason);
  }

  #all(): Listener[] {
    return [...this.#listeners.values()].flatMap((listeners) => [...listeners]);
  }
}

async function listen(client: Sql, channels: readonly string[]): Promise<void> {
  await client.unsafe(channels.map((channel) => `LISTEN ${quoteIdentifier(channel)}`).join("; "));
}

async function pause(ms: number, ended: AbortSignal): Promise<void> {
  // Cut short when it is over.
  await sleep(ms, undefined, { ref: false, signal: ended }).catch(() => undefined);
}
