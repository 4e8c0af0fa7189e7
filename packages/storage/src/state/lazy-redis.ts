import type { PolicyStore } from "@agent-assembly/storage-core";
import type {
  ApprovalDefaults,
  ApprovalQueue,
  PolicyCache,
  PolicyCacheLimits,
  RateLimiter,
} from "@agent-assembly/storage-core/state";
import { loadPackage, type ModuleImporter, STATE_PACKAGE } from "../backend-loader.js";
import type { RedisOptions } from "./options.js";

/** The part of the package that we use; it may not be installed. */
export interface RedisPorts {
  approvals(options?: ApprovalDefaults): ApprovalQueue;
  rateLimiter(options?: {
    readonly onUnavailable?: RedisOptions["onUnavailable"];
    readonly localShare?: number | undefined;
  }): RateLimiter;
  policyCache(options: PolicyCacheLimits & { readonly store: Pick<PolicyStore, "active"> }): PolicyCache;
  close(): Promise<void>;
}

/** Opens Redis. An unreachable server is not an error here, because the ports keep retrying. */
export type OpenRedis = (options: Omit<RedisOptions, "onUnavailable" | "localShare">) => Promise<RedisPorts>;

/** How long a permanent error is returned without a new attempt. */
const ASK_AGAIN_MS = 5000;

/** @throws `unsupported` naming the install command, when the package is not installed */
export async function openLazyRedis(options: RedisOptions, load: ModuleImporter): Promise<LazyRedis> {
  return new LazyRedis(options, await loadPackage<OpenRedis>("package", STATE_PACKAGE, "openRedisState", load));
}

/** One Redis for all ports, connected on first use. */
export class LazyRedis {
  #opening: Promise<RedisPorts> | undefined;
  #failedAt: number | undefined;

  constructor(
    private readonly options: RedisOptions,
    private readonly open: OpenRedis,
  ) {}

  /** @throws `invalid_argument`, `permission_denied`, `unsupported` */
  async ports(): Promise<RedisPorts> {
    const again = this.#failedAt !== undefined && performance.now() - this.#failedAt > ASK_AGAIN_MS;
    if (this.#opening === undefined || again) this.#opening = this.#open();
    return this.#opening;
  }

  async close(): Promise<void> {
    // If opening failed, there is nothing to close.
    await (await this.#opening?.catch(() => undefined))?.close();
  }

  async #open(): Promise<RedisPorts> {
    const { onUnavailable: _, localShare: __, ...connection } = this.options;
    this.#failedAt = undefined;
    try {
      return await this.open(connection);
    } catch (error) {
      this.#failedAt = performance.now();
      throw error;
    }
  }
}
