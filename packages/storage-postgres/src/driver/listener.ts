import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "@agent-assembly/storage-core";
import { anySignal } from "@agent-assembly/storage-core/backend";
import { quoteIdentifier } from "../sql/identifiers.js";
import { connect } from "./client/connect.js";
import { IdleHandles } from "./client/idle-handles.js";
import { classifyPostgresError, errorCode } from "./errors.js";
import type { Pool, Sql } from "./pool.js";

/** A subscriber of a channel. */
export interface Listener {
  heard(payload: string): void;
  /** Messages no longer arrive; some may have been lost already. */
  interrupted?(reason: string): void;
  /** Messages arrive from now on. */
  resumed?(): void;
}

/** Milliseconds. */
export interface ListeningTimes {
  /** A connection that is silent for longer is pinged. */
  readonly probeEvery: number;
  /** A connection that does not answer for longer is closed. */
  readonly probeTimeout: number;
  readonly retry: number;
}

const TIMES: ListeningTimes = { probeEvery: 2000, probeTimeout: 5000, retry: 500 };
/** Longest name of a channel, bytes. */
const LONGEST_NAME = 63;

/** The name of a channel for the store in a schema. */
export function channelOf(schema: string, subject: string): string {
  const name = `aasm ${schema} ${subject}`;
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
  return `aasm ${createHash("sha256").update(schema).digest("hex").slice(0, 32)} ${subject}`;
}

/**
 * The one listening connection of this process, shared by all subscribers. It is opened for the first subscriber and
 * reopened when lost. It cannot go through a pooler in transaction mode, where LISTEN succeeds on a connection that is
 * then given to another client.
 */
export class NotificationListener {
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

  /** @returns an unsubscribe function */
  on(channel: string, listener: Listener): () => void {
    const others = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, others.add(listener));
    if (this.#running === undefined) this.#running = this.#run();
    else if (this.#client !== undefined) void this.#join(this.#client, channel, listener);
    return () => others.delete(listener);
  }

  /** Resolves when the connection is closed, after `closing`. */
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
    const ended = anySignal([lost.signal, this.closing]);
    const sockets = new IdleHandles();
    const client = connect(
      { ...this.pool.options, maxConnections: 1, applicationName: "aasm listening" },
      { sockets, onnotify: (channel, payload) => this.#hear(channel, payload), onclose: () => lost.abort() },
    );
    // Subscribers that arrive from now on are added after the existing ones.
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
      sockets.use();
      await client.end({ timeout: 0 }).catch((error: unknown) => {
        if (errorCode(error) === undefined) throw error;
      });
    }
  }

  /** Starts listening to a new channel, or confirms that it is listened to. */
  async #join(client: Sql, channel: string, listener: Listener): Promise<void> {
    try {
      await listen(client, [channel]);
      if (this.#client === client) listener.resumed?.();
    } catch (error) {
      // The connection is about to be reopened for all channels.
      listener.interrupted?.(`the server does not tell of changes: ${classifyPostgresError(error).message}`);
    }
  }

  /** The driver itself would wait without limit. @throws `timeout` */
  async #answered(answer: Promise<unknown>, ended: AbortSignal): Promise<void> {
    const { probeTimeout } = this.times;
    // After a timeout, a rejection would otherwise be unhandled.
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
  // Aborted when the wait is over.
  await sleep(ms, undefined, { ref: false, signal: ended }).catch(() => undefined);
}
