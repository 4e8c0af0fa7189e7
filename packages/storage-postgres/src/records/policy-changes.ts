import {
  type InvalidationChannel,
  type InvalidationListener,
  InvalidationListeners,
  PollingInvalidationChannel,
} from "@agent-assembly/storage-core/state";
import { classifyPostgresError } from "../driver/errors.js";
import { channelOf, type NotificationListener } from "../driver/listener.js";
import type { Pool } from "../driver/pool.js";
import type { Statement } from "../driver/statement.js";
import { quoteIdentifier } from "../sql/identifiers.js";

/** Poll interval where LISTEN is not available. */
const LOOK_EVERY_MS = 1000;
/** Activations are numbered before they commit, so one may appear after a later number. This many are read again. */
const LOOK_BACK = 64;

/** Announces every activation and rollback in this schema, from any process. */
export interface PolicyChanges extends InvalidationChannel {
  /** Call after a change of this process, which need not wait for the server's notification. */
  changed(name: string): void;
}

/**
 * Uses NOTIFY inside the transaction that changes a policy. LISTEN does not work through a pooler in transaction mode;
 * there the server is polled.
 */
export function openPolicyChanges(pool: Pool, listening: NotificationListener, closing: AbortSignal): PolicyChanges {
  return listening.possible ? new NotifiedPolicyChanges(pool, listening) : pollPolicyChanges(pool, closing);
}

/** Part of the transaction that activates a policy: delivered when it commits, and only then. */
export function announceChange(schema: string, name: string): Statement {
  return { text: "SELECT pg_notify($1, $2)", values: [channelOf(schema, "policies"), name] };
}

class NotifiedPolicyChanges implements PolicyChanges {
  readonly name = "postgres";
  readonly note = "told by NOTIFY";
  readonly #listeners = new InvalidationListeners("the server was not asked to tell of changes yet");
  #isListening = false;

  constructor(
    private readonly pool: Pool,
    private readonly listening: NotificationListener,
  ) {}

  async publish(name: string): Promise<void> {
    const { schema } = this.pool.options;
    try {
      await this.pool.run((sql) => sql.notify(channelOf(schema, "policies"), name));
    } catch (error) {
      throw classifyPostgresError(error);
    }
  }

  changed(name: string): void {
    this.#listeners.changed(name);
  }

  subscribe(listener: InvalidationListener): () => void {
    if (!this.#isListening) {
      this.#isListening = true;
      this.listening.on(channelOf(this.pool.options.schema, "policies"), {
        heard: (name) => this.#listeners.changed(name),
        interrupted: (reason) => this.#listeners.interrupted(reason),
        resumed: () => this.#listeners.resumed(),
      });
    }
    return this.#listeners.add(listener);
  }
}

function pollPolicyChanges(pool: Pool, closing: AbortSignal): PollingInvalidationChannel {
  const table = `${quoteIdentifier(pool.options.schema)}.policy_activations`;
  let last: number | undefined;
  let known = new Set<number>();
  return new PollingInvalidationChannel({
    name: "postgres",
    everyMs: LOOK_EVERY_MS,
    closing,
    look: async () => {
      try {
        const from = last === undefined ? `(SELECT coalesce(max(id), 0) FROM ${table})` : String(last);
        const found = await pool.run(
          (sql) =>
            sql
              .unsafe(`SELECT id::float8, name FROM ${table} WHERE id > ${from} - ${LOOK_BACK}`, [])
              .values() as unknown as Promise<[id: number, name: string][]>,
        );
        const news = found.filter(([id]) => !known.has(id)).map(([, name]) => name);
        const isFirst = last === undefined;
        last = found.reduce((most, [id]) => Math.max(most, id), last ?? 0);
        const oldest = last - LOOK_BACK;
        known = new Set(found.map(([id]) => id).filter((id) => id > oldest));
        return isFirst ? [] : news;
      } catch (error) {
        throw classifyPostgresError(error);
      }
    },
  });
}
