import type { StateHealth } from "@agent-assembly/storage-core/state";
import { classifyRedisError } from "./errors.js";
import type { RedisPool } from "./pool.js";

/**
 * Checks the server, within `commandTimeoutMs`.
 * @param away what is used instead while Redis is unavailable
 * @param status the health status in that case
 */
export async function poolHealth(pool: RedisPool, away: string, status: "degraded" | "down"): Promise<StateHealth> {
  const startedAt = performance.now();
  try {
    await pool.send(undefined, ["PING"]);
  } catch (error) {
    const { message } = classifyRedisError(error);
    return { status, backedBy: away, problems: [message], details: { connections: pool.size } };
  }
  const latencyMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
  const details = { latencyMs, connections: pool.size, serverVersion: pool.serverVersion ?? "unknown" };
  return { status: "ok", backedBy: "redis", problems: [], details };
}
