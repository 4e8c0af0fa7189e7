import { guardState } from "../guard.js";
import { POLICY_CACHE_OPERATIONS, type PolicyCache } from "./cache.js";
import { type PolicyCacheOptions, parsePolicyCacheOptions } from "./options.js";
import { ReadThroughPolicyCache } from "./read-through.js";

/**
 * A cache over a policy store, in this process; over a shared level too when there is one.
 * @throws `invalid_argument`
 */
export function openPolicyCache(options: PolicyCacheOptions): PolicyCache {
  const cache: PolicyCache = new ReadThroughPolicyCache(parsePolicyCacheOptions(options));
  const backend = options.shared?.name ?? options.channel?.name ?? "memory";
  return guardState(cache, { role: "policyCache", backend, operations: POLICY_CACHE_OPERATIONS });
}
