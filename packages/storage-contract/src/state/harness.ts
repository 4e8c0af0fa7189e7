import type { AuditStore, PolicyStore } from "@agent-assembly/storage-core";
import type { ApprovalDefaults, ApprovalQueue, PolicyCache, RateLimiter } from "@agent-assembly/storage-core/state";

/** What an implementation of one port brings to be tested. */
export interface StateHarness<Port, Options> {
  /** Names the profile in reports: `memory`, `sqlite`, `redis-8`, ... */
  readonly name: string;
  /** A fresh, empty one for one case alone. */
  create(options: Options): Promise<Port>;
  /**
   * Another handle on the same data, as another process would have. Left out where only one process can use the port:
   * the cases then take the first handle for both. `destroy` of the first closes it.
   */
  second?(first: Port, options: Options): Promise<Port>;
  /** Lets time pass for it and its other handles: moves the clock they were given, or waits. */
  advance(port: Port, ms: number): Promise<void>;
  /** Closes what is still open and deletes the data. */
  destroy(port: Port): Promise<void>;
  /** Ends what the harness itself keeps between ports, such as connections. Called when the last port is destroyed. */
  close?(): Promise<void>;
}

/** Creates approval queues for {@link runApprovalContract}. */
export interface ApprovalHarness extends StateHarness<ApprovalQueue, ApprovalDefaults> {
  /** Closes the queue and opens the same requests again. Left out where they die with the process. */
  reopen?(queue: ApprovalQueue, options: ApprovalDefaults): Promise<ApprovalQueue>;
  /** The log in which requests and decisions of the queue and its other handles are recorded. */
  log(queue: ApprovalQueue): Pick<AuditStore, "stream">;
}

/** Options that the policy cache of a case is opened with. Sizes are in bytes of policy source. */
export interface PolicyCacheHarnessOptions {
  readonly store: Pick<PolicyStore, "active">;
  readonly ttlMs?: number | undefined;
  readonly maxEntries?: number | undefined;
  readonly maxBytes?: number | undefined;
}

/** Creates policy caches for {@link runPolicyCacheContract}. */
export interface PolicyCacheHarness extends StateHarness<PolicyCache, PolicyCacheHarnessOptions> {
  /**
   * Lets messages between the handles, and a shared level, get lost until the returned function is called, which resolves
   * when they arrive again. Resolves when the handles know. Left out where nothing can get lost.
   */
  interrupt?(cache: PolicyCache): Promise<() => Promise<void>>;
}

/** Creates rate limiters for {@link runRateLimiterContract}. */
export type RateLimitHarness = StateHarness<RateLimiter, Record<string, never>>;
