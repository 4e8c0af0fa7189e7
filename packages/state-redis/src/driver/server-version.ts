import type { Driver } from "./client.js";
import { classifyRedisError, redisErrors } from "./errors.js";

const OLDEST_MAJOR = 7;

/**
 * Asks a server for its version.
 * @throws `unsupported` when it is too old, `invalid_argument` when it is no Redis
 */
export async function checkServer(driver: Driver): Promise<string> {
  let info: unknown;
  try {
    info = await driver.send(undefined, ["INFO", "server"]);
  } catch (error) {
    const problem = classifyRedisError(error);
    throw problem.code === "internal" ? redisErrors.noRedis(error) : problem;
  }
  const version = typeof info === "string" ? /^redis_version:(\d+)(\S*)/m.exec(info) : null;
  if (version === null) throw redisErrors.noRedis(new Error("INFO names no redis_version"));
  if (Number(version[1]) < OLDEST_MAJOR) throw redisErrors.tooOld();
  return `${version[1]}${version[2]}`;
}
