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

/** What we use of the package, which may not be installed. */
export interface RedisPorts {
  approvals(options?: ApprovalDefaults): ApprovalQueue;
  rateLimiter(options?: {
    readonly onUnavailable?: RedisOptions["whenAway"];
    readonly localShare?: number | undefined;
  }): RateLimiter;
  policyCache(options: PolicyCacheLimits & { readonly store: Pick<PolicyStore, "active"> }): PolicyCache;
  close(): Promise<void>;
}

/** Opens Redis; a server that cannot be reached is none of its errors, since the ports go on trying. */
export type OpenRedis = (options: Omit<RedisOptions, "whenAway" | "localShare">) => Promise<RedisPorts>;

/** For so long an error that trying again hardly mends is the answer without trying again. */
const ASK_AGAIN_MS = 5000;

/** @throws `unsupported` naming the command that installs the package, when it is not there */
export async function openRedisDoor(options: RedisOptions, load: ModuleImporter): Promise<RedisDoor> {
  return new RedisDoor(options, await loadPackage<OpenRedis>("package", STATE_PACKAGE, "openRedisState", load));
}

/** One Redis for all ports, connected when the first of them is used. */
export class RedisDoor {
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
    // What could not be opened need not be closed.
    await (await this.#opening?.catch(() => undefined))?.close();
  }

  async #open(): Promise<RedisPorts> {
    const { whenAway: _, localShare: __, ...connection } = this.options;
    this.#failedAt = undefined;
    try {
      return await this.open(connection);
    } catch (error) {
      this.#failedAt = performance.now();
      throw error;
    }
  }
}
