export { backendModule } from "./backend-module.js";
export type { RedisStateOptions } from "./options.js";
export type { RateLimiterOptions, UnavailableMode } from "./rate-limit-options.js";
export { openRedisState, type RedisState } from "./state.js";
