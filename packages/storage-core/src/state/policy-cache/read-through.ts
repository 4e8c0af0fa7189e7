import { isStorageError } from "../../errors.js";
import { parsePolicyName } from "../../policies/parse.js";
import type { StateHealth } from "../health.js";
import type { CachedPolicy, PolicyCache } from "./cache.js";
import type { InvalidationEvent } from "./channel.js";
import { type PolicyEntries, type PolicyEntry, policyEntries } from "./entries.js";
import type { ResolvedPolicyCacheOptions } from "./options.js";
import type { SharedRead } from "./shared-level.js";
import { unchangeable } from "./unchangeable.js";

/** A running query, shared by all callers that ask for the same name. */
interface Flight {
  /** The policy was invalidated after the query began: its result is returned to the waiting callers but not cached. */
  outdated: boolean;
  answer: Promise<CachedPolicy>;
}

/** How many names with an unannounced change are remembered; for older ones the TTL has to do. */
const MAX_UNANNOUNCED = 10_000;

/** How often a failed announcement is retried while messages arrive. */
const MEND_MS = 1000;

/** A read-through cache over a policy store. */
export class ReadThroughPolicyCache implements PolicyCache {
  readonly #options: ResolvedPolicyCacheOptions;
  readonly #entries: PolicyEntries;
  readonly #flights = new Map<string, Flight>();
  readonly #unannounced = new Set<string>();
  readonly #unsubscribe: (() => void) | undefined;
  /** Why messages do not arrive; `undefined` while they do. */
  #disconnected: string | undefined;
  /** Why the shared level failed the last time, and for which policy; `undefined` when it succeeded. */
  #sharedProblem: { readonly reason: string; readonly name: string } | undefined;
  #retrying: NodeJS.Timeout | undefined;
  #closed = false;
  #hits = 0;
  #queries = 0;

  constructor(options: ResolvedPolicyCacheOptions) {
    this.#options = options;
    this.#entries = policyEntries(options.maxEntries, options.maxBytes);
    if (options.channel !== undefined) {
      this.#disconnected = `${options.channel.name} is not connected yet`;
      this.#unsubscribe = options.channel.subscribe((event) => this.#hear(event));
    }
  }

  async active(name: string): Promise<CachedPolicy> {
    parsePolicyName(name);
    // While disconnected, changes are not announced, so every read goes to the store.
    if (this.#disconnected === undefined) {
      const kept = this.#kept(name);
      if (kept !== undefined) {
        this.#hits++;
        return kept;
      }
    }
    return (this.#flights.get(name) ?? this.#depart(name)).answer;
  }

  async invalidate(name: string): Promise<void> {
    this.#forget(parsePolicyName(name));
    const { shared, channel } = this.#options;
    this.#unannounced.add(name);
    try {
      await shared?.invalidate(name);
      await channel?.publish(name);
      this.#unannounced.delete(name);
    } catch (error) {
      this.#mendLater();
      throw error;
    } finally {
      // A query that began during the announcement may have read the shared level before its entry was deleted.
      this.#forget(name);
      for (const oldest of this.#unannounced) {
        if (this.#unannounced.size <= MAX_UNANNOUNCED) break;
        this.#unannounced.delete(oldest);
      }
    }
  }

  async health(): Promise<StateHealth> {
    const { channel, shared } = this.#options;
    const problems = [
      ...(this.#disconnected === undefined ? [] : [this.#disconnected]),
      ...(shared === undefined || this.#sharedProblem === undefined ? [] : [this.#sharedProblem.reason]),
      ...(this.#unannounced.size === 0
        ? []
        : [
            `${this.#unannounced.size} changes have not been announced to other processes${
              this.#unannounced.size < MAX_UNANNOUNCED
                ? ""
                : ", and older ones will not be: they see them within the TTL"
            }`,
          ]),
    ];
    const levels = ["process", ...(shared === undefined ? [] : [shared.name])].join(", ");
    const away = shared?.name ?? channel?.name;
    return {
      status: problems.length === 0 ? "ok" : "degraded",
      backedBy: this.#bypassed ? `${away} is away: straight from the store` : levels,
      problems: [...new Set(problems)],
      details: {
        entries: this.#entries.size,
        bytes: this.#entries.calculatedSize,
        hits: this.#hits,
        queries: this.#queries,
        ttlMs: this.#options.ttlMs,
        announcedBy: channel?.name ?? "none",
        ...(channel?.note !== undefined && { announced: channel.note }),
      },
    };
  }

  async close(): Promise<void> {
    this.#unsubscribe?.();
    this.#closed = true;
    clearTimeout(this.#retrying);
    this.#entries.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #bypassed(): boolean {
    return this.#disconnected !== undefined || this.#sharedProblem !== undefined;
  }

  #kept(name: string): CachedPolicy | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const ageMs = this.#options.clock() - entry.askedAt;
    return ageMs < this.#options.ttlMs ? { policy: entry.policy, source: "process", ageMs } : undefined;
  }

  #depart(name: string): Flight {
    const flight: Flight = { outdated: false, answer: undefined as unknown as Promise<CachedPolicy> };
    this.#flights.set(name, flight);
    flight.answer = this.#fetch(name, flight).finally(() => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    });
    return flight;
  }

  async #fetch(name: string, flight: Flight): Promise<CachedPolicy> {
    const { clock, store, shared } = this.#options;
    const startedAt = clock();
    const read = await this.#readShared(name);
    if (read?.found === true) {
      const askedAt = startedAt - read.ageMs;
      const policy = this.#keep(name, flight, { policy: read.policy, askedAt });
      return { policy, source: shared?.name ?? "process", ageMs: clock() - askedAt };
    }
    const askedAt = clock();
    let found: PolicyEntry["policy"];
    try {
      this.#queries++;
      found = await store.active(name);
    } catch (error) {
      const kept = this.#kept(name);
      if (kept === undefined) throw error;
      return kept;
    }
    if (read !== undefined && !flight.outdated) this.#writeShared(name, found, read.token);
    const policy = this.#keep(name, flight, { policy: found, askedAt });
    return { policy, source: "store", ageMs: clock() - askedAt };
  }

  #keep(name: string, flight: Flight, { policy, askedAt }: PolicyEntry): CachedPolicy["policy"] {
    const shared = policy === undefined ? undefined : unchangeable(policy);
    if (!flight.outdated) this.#entries.set(name, { policy: shared, askedAt });
    return shared;
  }

  /** `undefined` without a shared level, and while it is unavailable. */
  async #readShared(name: string): Promise<SharedRead | undefined> {
    const { shared } = this.#options;
    if (shared === undefined || this.#disconnected !== undefined) return undefined;
    try {
      const read = await shared.read(name);
      this.#sharedProblem = undefined;
      return read;
    } catch (error) {
      this.#sharedFailed(name, error);
      return undefined;
    }
  }

  /** Runs in the background: the result is already known. */
  #writeShared(name: string, policy: PolicyEntry["policy"], token: string): void {
    this.#options.shared?.write(name, policy, token).catch((error: unknown) => this.#sharedFailed(name, error));
  }

  #sharedFailed(name: string, error: unknown): void {
    this.#sharedProblem = { name, reason: isStorageError(error) ? error.message : "the shared level failed" };
    this.#mendLater();
  }

  #hear(event: InvalidationEvent): void {
    if (event.type === "invalidated") this.#forget(event.name);
    else if (event.type === "interrupted") this.#disconnected = event.reason;
    else this.#startAnew();
  }

  #startAnew(): void {
    this.#disconnected = undefined;
    this.#sharedProblem = undefined;
    this.#entries.clear();
    for (const flight of this.#flights.values()) flight.outdated = true;
    this.#flights.clear();
    this.#tellAgain();
  }

  #forget(name: string): void {
    this.#entries.delete(name);
    const flight = this.#flights.get(name);
    if (flight === undefined) return;
    flight.outdated = true;
    // Later callers start a new query.
    this.#flights.delete(name);
  }

  /** While messages do not arrive there is nothing to retry: when they arrive again, everything is retried. */
  #mendLater(): void {
    if (this.#retrying !== undefined || this.#disconnected !== undefined || this.#closed) return;
    this.#retrying = setTimeout(() => {
      this.#retrying = undefined;
      void this.#retry();
    }, MEND_MS);
    this.#retrying.unref();
  }

  async #retry(): Promise<void> {
    this.#tellAgain();
    // The next query may be far off, because cached entries answer, and health would keep reporting a problem that is
    // over.
    if (this.#sharedProblem !== undefined) await this.#readShared(this.#sharedProblem.name);
  }

  #tellAgain(): void {
    for (const name of [...this.#unannounced]) {
      // After a failure it stays among the unannounced changes, which health() counts, and is retried.
      this.invalidate(name).catch(() => this.#unannounced.add(name));
    }
  }
}
