import { firstAvailable } from "../first-available.js";
import { waitUntil } from "../process/wait-until.js";
import { redisCommand } from "./redis-command.js";
import type { RedisServer, StartRedisOptions } from "./redis-server.js";
import { startDebianRedis } from "./start-debian-redis.js";
import { startDockerRedis } from "./start-docker-redis.js";

/**
 * Starts a Redis 8 server of its own on a free loopback port, without a password: in Docker where it runs, else from
 * Debian's packages. Rejects with `ServiceUnavailable` where neither is possible.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const server = await firstAvailable([() => startDockerRedis(options), () => startDebianRedis(options)]);
  if (options.cluster !== true) return server;
  try {
    await redisCommand(server.url, ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    // It is a cluster once it has counted its slots.
    const isWhole = async () => (await redisCommand(server.url, ["CLUSTER", "INFO"])).includes("cluster_state:ok");
    if ((await waitUntil(async () => ((await isWhole()) ? true : undefined), 120_000)) === undefined) {
      throw new Error("the cluster of one Redis did not come up in two minutes");
    }
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
