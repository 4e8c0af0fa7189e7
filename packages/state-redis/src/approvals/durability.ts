import { isStorageError } from "@agent-assembly/storage-core";
import type { StateHealth } from "@agent-assembly/storage-core/state";
import type { ScriptRunner } from "../driver/script.js";

/** Whether a server keeps what it is given. */
export interface Durability {
  /** `undefined` where the server does not say. */
  readonly policy: string | undefined;
  /** Whether keys without an expiry, as those of requests are, go when memory is short. */
  readonly evictsAny: boolean;
  /** Of any kind and anyone, since the server started. */
  readonly evictedKeys: number;
  readonly persistence: "appendonly" | "snapshots" | "none" | "unknown";
}

/** @param key decides which node of a cluster is asked */
export async function readDurability(pool: ScriptRunner, key: string): Promise<Durability> {
  const info = await pool.send(key, ["INFO", "memory", "stats", "persistence"]);
  const fields = new Map(
    String(info)
      .split(/\r?\n/)
      .map((line) => line.split(":", 2) as [string, string]),
  );
  const policy = fields.get("maxmemory_policy");
  // Without a limit nothing is evicted.
  const isLimited = Number(fields.get("maxmemory") ?? 0) > 0;
  return {
    policy,
    evictsAny: isLimited && policy?.startsWith("allkeys-") === true,
    evictedKeys: Number(fields.get("evicted_keys") ?? 0),
    persistence: fields.get("aof_enabled") === "1" ? "appendonly" : await snapshots(pool, key),
  };
}

async function snapshots(pool: ScriptRunner, key: string): Promise<Durability["persistence"]> {
  try {
    const answer = await pool.send(key, ["CONFIG", "GET", "save"]);
    // A list, or what the client makes of a map of RESP 3.
    const save = Array.isArray(answer) ? answer[1] : (answer as { readonly save?: unknown } | null)?.save;
    if (typeof save !== "string") return "unknown";
    return save === "" ? "none" : "snapshots";
  } catch (error) {
    // Services that manage a Redis forbid it, and save by themselves. An unavailable one is the caller's to report.
    if (!isStorageError(error) || error.retryable) throw error;
    return "unknown";
  }
}

/** What an operator is to change, and what was found. */
export function toProblems({
  policy,
  evictsAny,
  evictedKeys,
  persistence,
}: Durability): Pick<StateHealth, "problems" | "details"> {
  const problems: string[] = [];
  if (evictsAny) {
    const evicted = evictedKeys > 0 ? `; it has evicted ${evictedKeys} keys since it started` : "";
    problems.push(
      `redis may evict requests that wait for a decision, since its maxmemory-policy is ${policy}${evicted}. Set maxmemory-policy to noeviction, or use a Redis of their own.`,
    );
  }
  if (persistence === "none") {
    problems.push("redis keeps nothing on disk, so a restart loses all requests. Set appendonly to yes.");
  }
  return { problems, details: { ...(policy !== undefined && { maxmemoryPolicy: policy }), persistence } };
}
