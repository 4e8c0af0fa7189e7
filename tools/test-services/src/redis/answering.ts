import { waitUntil } from "../process/wait-until.js";
import { redisCommand } from "./redis-command.js";

/**
 * Waits until a starting Redis server answers PING, and gives its version.
 *
 * @param isRunning tells when waiting is of no use any more
 * @param log gives the end of its log, for the error
 */
export async function answeringRedis(
  url: string,
  isRunning: () => boolean,
  log: () => string | Promise<string>,
): Promise<string> {
  let lastError: unknown;
  const outcome = await waitUntil(async () => {
    if (!isRunning()) return "it ended";
    // Refused until it listens, then LOADING until its data are read.
    return redisCommand(url, ["PING"]).catch((error: unknown) => {
      lastError = error;
      return undefined;
    });
  }, 120_000);
  if (outcome === "PONG") return redisVersion(url);
  throw new Error(`Redis did not start (${outcome ?? "two minutes passed"}):\n${await log()}`, { cause: lastError });
}

/** The version of a Redis server, such as `8.0.2`. Rejects when it does not answer. */
export async function redisVersion(url: string): Promise<string> {
  const info = await redisCommand(url, ["INFO", "server"]);
  return /^redis_version:(\S+)/m.exec(info)?.[1] ?? "unknown";
}
