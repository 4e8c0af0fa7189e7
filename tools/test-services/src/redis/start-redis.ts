import { firstAvailable } from "../first-available.js";
import type { RedisServer, StartRedisOptions } from "./redis-server.js";
import { startDebianRedis } from "./start-debian-redis.js";
import { startDockerRedis } from "./start-docker-redis.js";

/**
 * Starts a Redis 8 server of its own on a free loopback port, without a password: in Docker where it runs, else from
 * Debian's packages. Rejects with `ServiceUnavailable` where neither is possible.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  return firstAvailable([() => startDockerRedis(options), () => startDebianRedis(options)]);
}
