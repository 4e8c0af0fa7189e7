import { invalidArgument } from "../../errors.js";
import type { PolicyStore } from "../../policies/store.js";
import { describeShape } from "../../support/describe.js";
import { checkKeys, checkObject, parseInteger } from "../../support/input.js";
import type { Clock } from "../../time/clock.js";
import { parseClock } from "../parse-clock.js";
import type { InvalidationChannel } from "./channel.js";
import type { SharedPolicyCache } from "./shared-level.js";

const DEFAULT_POLICY_TTL_MS = 30_000;

/** How long and how much a policy cache keeps. */
export interface PolicyCacheLimits {
  /** No answer is older, milliseconds; 1 to 86,400,000; default 30,000. */
  readonly ttlMs?: number | undefined;
  /** Names kept in this process; 1 to 1,000,000; default 1,000. */
  readonly maxEntries?: number | undefined;
  /** What they may take in this process, bytes, roughly; default 64 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Options of {@link openPolicyCache}. */
export interface PolicyCacheOptions extends PolicyCacheLimits {
  /** Where the policies are. */
  readonly store: Pick<PolicyStore, "active">;
  /** How processes hear of changes; without one only this cache's own `invalidate` and the TTL count. */
  readonly channel?: InvalidationChannel | undefined;
  /** A level that processes share. */
  readonly shared?: SharedPolicyCache | undefined;
  /** Milliseconds since any moment, never set back; default the process's own. */
  readonly clock?: Clock | undefined;
}

export interface ResolvedPolicyCacheOptions extends Omit<PolicyCacheOptions, keyof PolicyCacheLimits | "clock"> {
  readonly ttlMs: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly clock: Clock;
}

const MONOTONIC: Clock = () => performance.now();

/** @throws `invalid_argument` */
export function parsePolicyCacheLimits(
  limits: PolicyCacheLimits,
): Pick<ResolvedPolicyCacheOptions, "ttlMs" | "maxEntries" | "maxBytes"> {
  return {
    ttlMs: parseInteger("options.ttlMs", limits.ttlMs ?? DEFAULT_POLICY_TTL_MS, 1, 86_400_000),
    maxEntries: parseInteger("options.maxEntries", limits.maxEntries ?? 1000, 1, 1_000_000),
    maxBytes: parseInteger("options.maxBytes", limits.maxBytes ?? 64 * 1024 * 1024, 1, Number.MAX_SAFE_INTEGER),
  };
}

/** @throws `invalid_argument` */
export function parsePolicyCacheOptions(options: PolicyCacheOptions): ResolvedPolicyCacheOptions {
  checkObject("options", options);
  checkKeys("options", options, ["store", "channel", "shared", "ttlMs", "maxEntries", "maxBytes", "clock"]);
  checkObject("options.store", options.store);
  if (typeof options.store.active !== "function") {
    throw invalidArgument("options.store", `must be a PolicyStore, got ${describeShape(options.store)}`);
  }
  const { store, channel, shared } = options;
  return {
    store,
    channel,
    shared,
    ...parsePolicyCacheLimits(options),
    clock: parseClock(options.clock ?? MONOTONIC),
  };
}
