import { redisVersion } from "../redis/redis-command.js";
import { startRedis } from "../redis/start-redis.js";
import { ServiceUnavailable } from "../service-unavailable.js";
import { environmentUrl, VARIABLES } from "./environment.js";
import { Once } from "./once.js";
import type { ServiceProfile } from "./provided-services.js";

export const redisServer = new Once(() => startRedis());

const LOCAL_URL = "redis://127.0.0.1:6379";

/** A Redis 7 that runs on this machine anyway. Tests use a prefix of their own there and remove what they made. */
export async function olderRedisProfile(): Promise<ServiceProfile> {
  const install = "start a Redis 7 there, without password";
  const version = await redisVersion(LOCAL_URL).catch((error: unknown) => {
    throw new ServiceUnavailable("no Redis answers at 127.0.0.1:6379", install, { cause: error });
  });
  if (!version.startsWith("7.")) throw new ServiceUnavailable(`Redis at 127.0.0.1:6379 is ${version}, not 7`, install);
  return { name: "redis-7", url: LOCAL_URL, version, provider: "local" };
}

export async function redisProfile(): Promise<ServiceProfile> {
  const name = "redis";
  const url = environmentUrl(VARIABLES.redis);
  if (url === undefined) {
    const { server, startedInMs } = await redisServer.get();
    const provider = server.pid === undefined ? "docker" : "debian";
    return { name, url: server.url, version: server.version, provider, startedInMs };
  }
  const version = await redisVersion(url).catch((error: unknown) => {
    const reason = `the server in ${VARIABLES.redis} does not answer`;
    throw new ServiceUnavailable(reason, `correct or unset ${VARIABLES.redis}`, { cause: error });
  });
  return { name, url, version, provider: "environment" };
}
