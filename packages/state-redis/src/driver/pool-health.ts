import type { StateHealth } from "@agent-assembly/storage-core/state";
import { classifyRedisError } from "./errors.js";
import type { RedisPool } from "./pool.js";

/**
 * Asks the server, within `commandTimeoutMs`.
 * @param away what there is instead of Redis while it is away
 * @param status what it means then
 */
export async function poolHealth(pool: RedisPool, away: string, status: "degraded" | "down"): Promise<StateHealth> {
  const startedAt = performance.now();
  try {
    await pool.send(undefined, ["PING"]);
  } catch (error) {
    const { message } = classifyRedisError(error);
    return { status, standsOn: away, problems: [message], details: { connections: pool.size } };
  }
  const latencyMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
  const details = { latencyMs, connections: pool.size, serverVersion: pool.serverVersion ?? "unknown" };
  return { status: "ok", standsOn: "redis", problems: [], details };
}
