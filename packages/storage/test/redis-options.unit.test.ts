import type { openRedisState, RedisState, RedisStateOptions } from "@agent-assembly/state-redis";
import { expectTypeOf, test } from "vitest";
import type { RedisOptions } from "../src/index.js";
import type { OpenRedis, RedisPorts } from "../src/state/lazy-redis.js";

// The compiler checks these; a run does not need the package.
test("the options of Redis are those of its package, and what to do without it", () => {
  expectTypeOf<Omit<RedisOptions, "onUnavailable" | "localShare">>().toEqualTypeOf<RedisStateOptions>();
  expectTypeOf<RedisState>().toExtend<RedisPorts>();
  expectTypeOf<typeof openRedisState>().toExtend<OpenRedis>();
});
