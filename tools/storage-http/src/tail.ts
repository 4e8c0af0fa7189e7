import { setTimeout as delay } from "node:timers/promises";
import { isStorageError, StorageError, type TailItem } from "@agent-assembly/storage-core";
import { anySignal, type ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import { filterQuery, type SentEvent, toEvent } from "./event-query.js";
import type { HttpClient } from "./http-client.js";
import { problemError } from "./problem-error.js";
import { type StreamMessage, streamMessages } from "./streams.js";

const RECONNECT_MS = 50;
const MOST_FAILURES = 20;

/** A connection, and the position at which it began. */
interface Connection {
  readonly messages: AsyncGenerator<StreamMessage>;
  readonly position: string;
}

/** Follows a log over connections that may break: each resumes after the last event that came. */
export class HttpTail {
  /** Resolves once the first connection has its position, whatever comes of it. */
  readonly begun: Promise<unknown>;
  readonly #first: Promise<Connection>;
  readonly #signal: AbortSignal;
  readonly #left = new AbortController();

  constructor(
    private readonly client: HttpClient,
    private readonly filter: ParsedAuditFilter,
    after: string | undefined,
    signals: readonly AbortSignal[],
  ) {
    this.#signal = anySignal([...signals, this.#left.signal]);
    this.#first = this.#connect(after);
    this.begun = this.#first.catch(() => undefined);
  }

  async *items(): AsyncGenerator<TailItem> {
    try {
      let { messages, position } = await this.#first;
      for (let failures = 0; ; failures++) {
        try {
          for await (const { event, id, data } of messages) {
            if (event === "problem") throw problemError(data as never, "options");
            if (event === "end") return;
            if (event !== "audit" || id === undefined) continue;
            position = id;
            failures = 0;
            yield { event: toEvent(data as SentEvent), position };
          }
        } catch (error) {
          if (isStorageError(error)) throw error;
        }
        if (this.#signal.aborted) return;
        if (failures > MOST_FAILURES) throw new StorageError({ code: "unavailable", message: "the tail broke off" });
        await delay(RECONNECT_MS);
        ({ messages } = await this.#connect(position));
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    } finally {
      this.#left.abort();
    }
  }

  async #connect(after: string | undefined): Promise<Connection> {
    const query = filterQuery(this.filter);
    query.set("payloads", "full");
    const response = await this.client.request("GET", "/events/tail", {
      query,
      signal: this.#signal,
      argument: "options",
      ...(after !== undefined && { headers: { "last-event-id": after } }),
    });
    const messages = streamMessages(response);
    const { value } = await messages.next();
    return { messages, position: (value as StreamMessage | undefined)?.id ?? "" };
  }
}
