export type { RedisStateOptions } from "./options.js";
export type { RedisRateLimiterOptions, UnavailableMode } from "./rate-limits/limiter.js";
export { openRedisState, type RedisPolicyCacheOptions, type RedisState } from "./state.js";
