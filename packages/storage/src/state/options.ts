import type { ConnectionOptions as TlsOptions } from "node:tls";
import { checkKeys, checkObject } from "@agent-assembly/storage-core/backend";
import {
  type ApprovalDefaults,
  type PolicyCacheLimits,
  resolveApprovalDefaults,
  resolvePolicyCacheLimits,
} from "@agent-assembly/storage-core/state";
import type { Config } from "../config/schema/schema.js";

/** How hot-path state is kept. Without `redis` nothing needs a Redis. */
export interface StateOptions {
  /** Default: 30 seconds, 1,000 names. */
  readonly policyCache?: PolicyCacheLimits | undefined;
  /** Default: 15 minutes, then `deny`; leases of one minute; decided requests are kept for 7 days. */
  readonly approvals?: ApprovalDefaults | undefined;
  /** Where many processes share the policy cache, the approvals and the rate limits; default: nowhere. */
  readonly redis?: RedisOptions | undefined;
}

/**
 * How to reach Redis, and what to do without it. Written out rather than taken from its package, which may not be
 * installed; a test holds the two together.
 */
export interface RedisOptions {
  /** `redis://user:password@host:port/database`, `rediss://` for TLS. */
  readonly url: string;
  readonly prefix?: string | undefined;
  readonly cluster?: boolean | undefined;
  readonly maxConnections?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly commandTimeoutMs?: number | undefined;
  readonly tls?: TlsOptions | undefined;
  /** What a check of a rate limit answers while Redis is away; default `local`: this process counts for itself. */
  readonly onUnavailable?: "fail-open" | "fail-closed" | "local" | undefined;
  /** Of each limit, what this process grants in `local`, above 0 to 1; default 1. */
  readonly localShare?: number | undefined;
}

/** What can be told before a port is opened. @throws `invalid_argument` */
export function checkStateOptions(options: StateOptions): void {
  checkObject("state", options);
  checkKeys("state", options, ["policyCache", "approvals", "redis"]);
  for (const section of ["policyCache", "approvals", "redis"] as const) {
    if (options[section] !== undefined) checkObject(`state.${section}`, options[section]);
  }
  resolvePolicyCacheLimits(options.policyCache ?? {});
  resolveApprovalDefaults(options.approvals ?? {}, 1000);
}

/** The options a configuration stands for. */
export function stateOptionsFromConfig({ storage: { redis, approvals } }: Config): StateOptions {
  return {
    policyCache: { ttlMs: redis.policy_cache_ttl_secs * 1000 },
    approvals: {
      expiresInMs: approvals.expires_in_secs * 1000,
      onExpiry: approvals.on_expiry,
      leaseMs: approvals.lease_secs * 1000,
      retainMs: approvals.retain_days * 86_400_000,
    },
    ...(redis.enabled && {
      redis: {
        // loadConfig refuses an enabled Redis without a URL.
        url: redis.url ?? "",
        prefix: redis.prefix,
        cluster: redis.cluster,
        maxConnections: redis.max_connections,
        connectTimeoutMs: redis.connect_timeout_secs * 1000,
        commandTimeoutMs: redis.command_timeout_ms,
        onUnavailable: redis.on_unavailable,
        localShare: redis.local_share,
      },
    }),
  };
}
