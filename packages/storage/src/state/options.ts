import type { OpenOptions } from "@agent-assembly/storage-core";
import { type BackendModule, checkKeys, checkObject, invalidArgument } from "@agent-assembly/storage-core/backend";
import {
  type ApprovalDefaults,
  type PolicyCacheLimits,
  parseApprovalDefaults,
  parsePolicyCacheLimits,
} from "@agent-assembly/storage-core/state";
import type { InstalledRedisOptions } from "../backends/installed-options.js";
import type { BackendPackage } from "../backends/names.js";
import type { Config } from "../config/schema/schema.js";
import type { BackendTarget } from "../load-target.js";

/** How hot-path state is kept. By default nothing needs another server than the store's. */
export interface StateOptions {
  /** @default 30 seconds, 1,000 names */
  readonly policyCache?: PolicyCacheLimits | undefined;
  /** @default 15 minutes, then `deny`; leases of one minute; decided requests are kept for 7 days */
  readonly approvals?: ApprovalDefaults | undefined;
  /** A Redis that many processes share; not together with `backend`. @default none */
  readonly redis?: RedisOptions | undefined;
  /** A package that keeps the state instead: its name, the path of its module, or the module itself. @default none */
  readonly backend?: BackendPackage | BackendModule | undefined;
  /** Options of `backend`. */
  readonly options?: object | undefined;
}

/** `RedisStateOptions` of `@agent-assembly/state-redis`; only `url` where that package is not installed. */
export interface RedisOptions extends InstalledRedisOptions {
  /** `redis://user:password@host:port/database`, `rediss://` for TLS. */
  readonly url: string;
}

/** How hot-path state is kept, and the backend that keeps it apart from the store. */
export interface StateTarget {
  readonly policyCache?: PolicyCacheLimits | undefined;
  readonly approvals?: ApprovalDefaults | undefined;
  readonly shared?: BackendTarget | undefined;
  /** Signs the cursors of lists of approvals. */
  readonly tokenKey?: OpenOptions["tokenKey"];
  /** Whether approvals that are kept elsewhere are recorded in the store; default true. */
  readonly recordsApprovals?: boolean | undefined;
}

/** @throws `invalid_argument` */
export function stateTarget(options: StateOptions): StateTarget {
  checkObject("state", options);
  checkKeys("state", options, ["policyCache", "approvals", "redis", "backend", "options"]);
  for (const part of ["policyCache", "approvals", "redis", "options"] as const) {
    if (options[part] !== undefined) checkObject(`state.${part}`, options[part]);
  }
  const { policyCache, approvals, redis, backend } = options;
  if (redis !== undefined && backend !== undefined) {
    throw invalidArgument("state.redis", "and state.backend both say where the state is kept", "Give one of them.");
  }
  parsePolicyCacheLimits(policyCache ?? {});
  parseApprovalDefaults(approvals ?? {}, 1000);
  if (redis !== undefined) return { policyCache, approvals, shared: { backend: "redis", options: redis } };
  return {
    policyCache,
    approvals,
    shared: backend && { backend, options: options.options, optionsKey: "state.options" },
  };
}

/** What a configuration says about hot-path state. */
export function stateTargetOfConfig({ storage: { redis, approvals, state } }: Config): StateTarget {
  return {
    policyCache: { ttlMs: redis.policy_cache_ttl_secs * 1000 },
    approvals: {
      expiresInMs: approvals.expires_in_secs * 1000,
      onExpiry: approvals.on_expiry,
      leaseMs: approvals.lease_secs * 1000,
      retainMs: approvals.retain_days * 86_400_000,
    },
    shared: redis.enabled
      ? { backend: "redis", section: redis }
      : state && { ...state, optionsKey: "storage.state.options" },
  };
}
