import { type BackendModule, optionsFromSection } from "@agent-assembly/storage-core/backend";
import { parseRedisOptions, type RedisStateOptions } from "./options.js";
import { openRedisState } from "./state.js";

/** Keys of the section `storage.redis`, with the option that each one sets. */
const OPTIONS: Readonly<Record<string, keyof RedisStateOptions>> = {
  url: "url",
  prefix: "prefix",
  cluster: "cluster",
  max_connections: "maxConnections",
  connect_timeout_secs: "connectTimeoutMs",
  command_timeout_ms: "commandTimeoutMs",
  on_unavailable: "onUnavailable",
  local_share: "localShare",
};
/** Keys that say whether Redis is used, and what counts without it, too. */
const OTHERS = ["enabled", "policy_cache_ttl_secs"];

/** Redis for the hot-path state of `openStorage`, the configuration and `aasm`. It is no store. */
export const backendModule = {
  version: 1,
  name: "redis",
  parseSettings,
  state: { kinds: ["policyCache", "approvals", "rateLimits"], open: openRedisState },
} satisfies BackendModule<RedisStateOptions>;

/** @throws `invalid_argument` */
function parseSettings(section: Readonly<Record<string, unknown>>): RedisStateOptions {
  const options = optionsFromSection(section, OPTIONS, OTHERS) as unknown as RedisStateOptions;
  parseRedisOptions(options);
  return options;
}
