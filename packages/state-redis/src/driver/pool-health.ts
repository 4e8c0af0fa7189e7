import type { StateHealth } from "@agent-assembly/storage-core/state";
import { classifyRedisError } from "./errors.js";
import type { RedisPool } from "./pool.js";

/**
 * Checks the server, within `commandTimeoutMs`.
 * @param away what is used instead while Redis is unavailable
 * @param status the health status in that case
 * @param more looks for what makes an available one degraded
 */
export async function poolHealth(
  pool: RedisPool,
  away: string,
  status: "degraded" | "down",
  more?: () => Promise<Pick<StateHealth, "problems" | "details">>,
): Promise<StateHealth> {
  const startedAt = performance.now();
  let latencyMs: number;
  let found: Pick<StateHealth, "problems" | "details"> | undefined;
  try {
    await pool.send(undefined, ["PING"]);
    latencyMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
    found = await more?.();
  } catch (error) {
    const { message } = classifyRedisError(error);
    return { status, backedBy: away, problems: [message], details: { connections: pool.size } };
  }
  const details = {
    latencyMs,
    connections: pool.size,
    serverVersion: pool.serverVersion ?? "unknown",
    ...found?.details,
  };
  const problems = found?.problems ?? [];
  return { status: problems.length === 0 ? "ok" : "degraded", backedBy: "redis", problems, details };
}
