import { redisVersion } from "../redis/answering.js";
import { startRedis } from "../redis/start-redis.js";
import { ServiceUnavailable } from "../service-unavailable.js";
import { environmentUrl, VARIABLES } from "./environment.js";
import { Once } from "./once.js";
import type { ServiceProfile } from "./provided-services.js";

export const redisServer = new Once(() => startRedis());

export async function redisProfile(): Promise<ServiceProfile> {
  const name = "redis";
  const url = environmentUrl(VARIABLES.redis);
  if (url === undefined) {
    const server = await redisServer.get();
    return { name, url: server.url, version: server.version, provider: server.pid === undefined ? "docker" : "debian" };
  }
  const version = await redisVersion(url).catch((error: unknown) => {
    const reason = `the server in ${VARIABLES.redis} does not answer`;
    throw new ServiceUnavailable(reason, `correct or unset ${VARIABLES.redis}`, { cause: error });
  });
  return { name, url, version, provider: "environment" };
}
